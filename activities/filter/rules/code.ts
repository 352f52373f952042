import { parser as javascript } from '@lezer/javascript';
import { parser as python } from '@lezer/python';
import { fencedBlocks } from './blocks.ts';
import type { Rule } from './rule.ts';

/**
 * Code that no parser can read, in blocks that name a language there is a parser for. It is never run. Fragments that
 * people write are tried as what they are: an expression, the inside of a class, a body that is a comment.
 */
export const code: Rule = ({ instruction, output }, words) => {
  if (!output.includes('```') && !output.includes('~~~')) return null;
  if (words.speaksOfErrors.areIn(instruction)) return null;
  for (const { language, text, closed } of fencedBlocks(output).blocks.slice(0, MOST_BLOCKS)) {
    const reader = READERS.get(language);
    if (reader === undefined || !closed || text.length > LONGEST || isExcerpt(text)) continue;
    if (reader.unknown.test(text)) continue;
    const parses = reader.parsers.some((parser) => reader.forms.some((form) => canParse(parser, form(text))));
    if (!parses) return { reason: `${reader.name} that does not parse`, found: text };
  }
  return null;
};

/** Characters: what is longer is no example of anything, and is not looked at. */
const LONGEST = 100_000;
const MOST_BLOCKS = 100;

type Parser = typeof javascript;

interface Reader {
  name: string;
  /** with a dialect each */
  parsers: readonly Parser[];
  /** a block as it stands, and what it may be a fragment of */
  forms: readonly ((text: string) => string)[];
  /** what the parser does not know, though the language or its readers do */
  unknown: RegExp;
}

const strictly = (parser: Parser, dialect?: string) =>
  parser.configure({ strict: true, ...(dialect === undefined ? {} : { dialect }) });

const asItStands = (text: string) => text;

const SCRIPT_FORMS = [asItStands, (text: string) => `(${text}\n)`, (text: string) => `class A {${text}\n}`];
const UNKNOWN_IN_SCRIPTS = /\bwith\s*\{|\bdeclare\s+module\b|^[ \t]*([>$]|#!)\s/m;

const JAVASCRIPT: Reader = {
  name: 'JavaScript',
  parsers: [strictly(javascript, 'jsx')],
  forms: SCRIPT_FORMS,
  unknown: UNKNOWN_IN_SCRIPTS,
};

const TYPESCRIPT: Reader = {
  name: 'TypeScript',
  parsers: [strictly(javascript, 'ts'), strictly(javascript, 'ts jsx')],
  forms: SCRIPT_FORMS,
  unknown: UNKNOWN_IN_SCRIPTS,
};

const PYTHON: Reader = {
  name: 'Python',
  parsers: [strictly(python)],
  forms: [
    asItStands,
    // A body that is yet to be written is a comment; a comment before `else` stays one.
    (text) => text.replaceAll(/^([ \t]+)#.*$/gm, '$1pass'),
  ],
  unknown: /\bwith\s*\(|\(\s*yield\b|^[ \t]*(>>>|[%!$][ \t]*\w|In ?\[)/m,
};

const READERS: ReadonlyMap<string, Reader> = new Map([
  ...['javascript', 'js', 'jsx', 'mjs'].map((name) => [name, JAVASCRIPT] as const),
  ...['typescript', 'ts', 'tsx'].map((name) => [name, TYPESCRIPT] as const),
  ...['python', 'py', 'python3'].map((name) => [name, PYTHON] as const),
]);

/** Something is left out on purpose: an ellipsis that is no syntax, or a name in angle brackets to be filled in. */
function isExcerpt(text: string): boolean {
  return /^[ \t]*\.\.\.|…|<[a-z]+([ _-][a-z]+)+>/im.test(text);
}

function canParse(parser: Parser, text: string): boolean {
  try {
    parser.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
