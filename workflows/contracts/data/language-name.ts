/** A tag of BCP 47 in lower case, or what is made like one: `ko`, `pt-br`, `en-medicine`. */
export const LANGUAGE_NAME = /^[a-z]{2,3}(-[a-z0-9]{1,16})*$/;
