import type { Rule } from './rule.ts';

/** Something that looks like the data of a person, and is no example: each pattern with what tells the two apart. */
interface Pattern {
  name: string;
  shape: RegExp;
  isReal(text: string): boolean;
}

/** Shapes begin where no digit or letter stands before, and are short: no text makes them go back far. */
const PATTERNS: readonly Pattern[] = [
  {
    name: 'an e-mail address',
    shape: /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g,
    isReal: (text) => {
      const [name = '', host = ''] = text.split('@');
      return MAIL_HOSTS.has(host.toLowerCase()) && /[\d._]|^.{8}/.test(name) && !isSample(name);
    },
  },
  {
    name: 'a card number',
    shape: /(?<![\d.,-])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,4}(?![\d.,-]*\d)/g,
    isReal: (text) => isCardNumber(digitsOf(text)),
  },
  {
    name: 'a US social security number',
    shape: /(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/g,
    isReal: (text) => !SAMPLE_SOCIAL_SECURITY.has(text) && !isRun(digitsOf(text)),
  },
  {
    name: 'a Korean resident number',
    shape: /(?<![\d-])\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-4]\d{6}(?![\d-])/g,
    isReal: (text) => isResidentNumber(digitsOf(text)),
  },
  {
    name: 'a Korean mobile number',
    shape: /(?<![\d-])01[016789][- ]\d{3,4}[- ]\d{4}(?![\d-])/g,
    isReal: (text) => !isPlaceholder(digitsOf(text).slice(3)),
  },
  {
    name: 'a US telephone number',
    shape: /(?<![\d.-])(?:\([2-9]\d{2}\) |[2-9]\d{2}-)[2-9]\d{2}-\d{4}(?![\d-])/g,
    isReal: (text) => {
      const digits = digitsOf(text);
      return digits.slice(3, 6) !== '555' && digits.slice(0, 3) !== '555' && !isPlaceholder(digits.slice(3));
    },
  },
  {
    name: 'a bank account (IBAN)',
    shape: /(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])/g,
    isReal: (text) => isIban(text.replaceAll(' ', '')),
  },
];

export const personalData: Rule = ({ instruction, input, output }) => {
  for (const text of [instruction, input, output]) {
    if (!/\d{4}|@/.test(text)) continue;
    for (const { name, shape, isReal } of PATTERNS)
      for (const [found] of text.matchAll(shape)) if (isReal(found)) return { reason: name, found };
  }
  return null;
};

/** Where people have their own addresses. A company's may be anybody's invention, and example.com is reserved (RFC 2606). */
const MAIL_HOSTS: ReadonlySet<string> = new Set(
  (
    'gmail.com googlemail.com yahoo.com yahoo.co.uk hotmail.com outlook.com live.com msn.com aol.com icloud.com me.com ' +
    'gmx.de gmx.net web.de t-online.de protonmail.com proton.me mail.ru yandex.ru qq.com 163.com 126.com ' +
    'naver.com daum.net hanmail.net nate.com kakao.com comcast.net verizon.net orange.fr free.fr libero.it'
  ).split(' '),
);

/** Names that stand for anybody; so does a short one, such as a first name. */
function isSample(name: string): boolean {
  return /^(your|my|some|any|test|user|name|email|mail|example|sample|info|contact|support|hello|admin|no-?reply|first|john\W?doe|jane\W?doe|j\W?doe|abc|xyz|foo)/i.test(
    name,
  );
}

function digitsOf(text: string): string {
  return text.replaceAll(/\D/g, '');
}

/** All the same, or counting up or down. */
function isRun(digits: string): boolean {
  return (
    /^(\d)\1*$/.test(digits) ||
    '01234567890123456789'.includes(digits) ||
    '98765432109876543210'.includes(digits)
  );
}

/** `1234-5678`, `0000-0000`: either half is a run. */
function isPlaceholder(digits: string): boolean {
  return isRun(digits) || isRun(digits.slice(0, -4)) || isRun(digits.slice(-4));
}

/** Of the Social Security Administration: printed in advertisements, and in its own brochures. */
const SAMPLE_SOCIAL_SECURITY: ReadonlySet<string> = new Set(['078-05-1120', '219-09-9999', '123-45-6789']);

/** The numbers with which payment services say to test. */
const TEST_CARDS = /^(4111|4242|4012|4000|5555|5105|5200|378282|371449|6011|3056|3852|3566|1234|4532|4539)/;

/** By Luhn's check digit (ISO/IEC 7812), 15 or 16 digits. */
function isCardNumber(digits: string): boolean {
  if (digits.length < 15 || digits.length > 16 || TEST_CARDS.test(digits) || /(\d)\1{5}/.test(digits))
    return false;
  let sum = 0;
  for (const [place, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (1 + (place % 2));
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

/** By its check digit, which numbers given before October 2020 have. */
function isResidentNumber(digits: string): boolean {
  const weights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
  const sum = weights.reduce((total, weight, place) => total + weight * Number(digits[place]), 0);
  return (11 - (sum % 11)) % 10 === Number(digits[12]);
}

/** ISO 13616: letters count from 10, and the whole is 1 modulo 97. */
function isIban(text: string): boolean {
  if (SAMPLE_IBANS.has(text)) return false;
  let rest = 0;
  for (const character of text.slice(4) + text.slice(0, 4))
    for (const digit of String(Number.parseInt(character, 36))) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

/** Those of the registry's own examples that are printed most. */
const SAMPLE_IBANS: ReadonlySet<string> = new Set(
  'DE89370400440532013000 GB29NWBK60161331926819 GB82WEST12345698765432 FR1420041010050500013M02606'.split(
    ' ',
  ),
);
