/** The chat page's elements. */

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} text
 */
export function made(kind, name, text) {
  const made = document.createElement(kind);
  if (name !== '') made.className = name;
  made.textContent = text;
  return made;
}

/** @param {string} id */
export function inputOf(id) {
  return element(id, HTMLInputElement).value;
}

/** @param {string} text */
export function say(text) {
  element('status', HTMLElement).textContent = text;
}

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} ${id}`);
}
