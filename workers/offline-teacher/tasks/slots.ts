import type { Random } from './random.ts';

/** What fills a `{slot}` of a phrasing or an input, and how such a value is found again in a text. */
export interface Slot {
  /** source of a regular expression that matches every value; it captures nothing */
  readonly pattern: string;
  /** `drawn` holds the values of the slots that are declared before this one */
  draw(random: Random, drawn: Readonly<Record<string, string>>): string;
  /** false where a captured value cannot have been drawn */
  accepts(value: string): boolean;
  /** The value as it was drawn, from a text that has lost its capitals; null where it cannot have been drawn. Absent where no value has any. */
  restore?(value: string): string | null;
}

/** One entry of a vocabulary; with `otherThan`, not the value of those slots. */
export function oneOf(vocabulary: Iterable<string>, otherThan: readonly string[] = []): Slot {
  const entries = [...vocabulary];
  const known = new Set(entries);
  return {
    pattern: shapeOf(entries),
    draw: (random, drawn) => {
      const taken = new Set(otherThan.map((slot) => drawn[slot]));
      return random.pick(taken.size === 0 ? entries : entries.filter((entry) => !taken.has(entry)));
    },
    accepts: (value) => known.has(value),
    restore: restorer(entries),
  };
}

function restorer(entries: readonly string[]): (value: string) => string | null {
  const byFolded = new Map(entries.map((entry) => [entry.toLowerCase(), entry]));
  return (value) => byFolded.get(value.toLowerCase()) ?? null;
}

/** A whole number from `min` to `max`, both included, in steps of `step` from `min`. */
export function integer(min: number, max: number, step = 1): Slot {
  return {
    pattern: '-?\\d+',
    draw: (random) => String(min + step * random.integer(0, Math.floor((max - min) / step))),
    accepts: (value) => Number.isSafeInteger(Number(value)),
  };
}

/** Several different entries of a vocabulary, joined by `separator` ("a, b, c"). */
export function listOf(vocabulary: Iterable<string>, min: number, max: number, separator = ', '): Slot {
  return severalOf(
    vocabulary,
    min,
    max,
    (entries) => entries.join(separator),
    (value) => value.split(separator),
  );
}

/** Several different entries as a sentence names them ("a, b and c"). */
export function namesOf(vocabulary: Iterable<string>, min: number, max: number): Slot {
  return severalOf(vocabulary, min, max, joinNames, splitNames);
}

export function joinNames(entries: readonly string[]): string {
  return entries.join(', ').replace(/, ([^,]*)$/, ' and $1');
}

export function splitNames(names: string): string[] {
  return names.split(/, | and /);
}

function severalOf(
  vocabulary: Iterable<string>,
  min: number,
  max: number,
  join: (entries: string[]) => string,
  split: (value: string) => string[],
): Slot {
  const entries = [...vocabulary];
  const known = new Set(entries);
  const restoreEntry = restorer(entries);
  return {
    pattern: join(['', '']).includes('\n') ? '[\\s\\S]+' : '[^\\n;:?]+?',
    draw: (random) => join(random.sample(entries, random.integer(min, max))),
    accepts: (value) => split(value).every((entry) => known.has(entry)),
    restore: (value) => {
      const found = split(value).map(restoreEntry);
      return found.every((entry) => entry !== null) ? join(found) : null;
    },
  };
}

/** A value made by a function of the random draws and the slots before it. */
export function made(pattern: string, draw: Slot['draw']): Slot {
  const whole = new RegExp(`^(?:${pattern})$`, 'u');
  const folded = new RegExp(whole.source, 'iu');
  return {
    pattern,
    draw,
    accepts: (value) => whole.test(value),
    restore: (value) => (folded.test(value) ? value : null),
  };
}

/** An entry of each vocabulary, with spaces between them. */
export function joined(vocabularies: readonly Iterable<string>[]): Slot {
  const slots = vocabularies.map((vocabulary) => oneOf(vocabulary));
  return made(slots.map(({ pattern }) => pattern).join(' '), (random, drawn) =>
    slots.map((slot) => slot.draw(random, drawn)).join(' '),
  );
}

/** An entry with its indefinite article: "an engineer". */
export function withArticle(vocabulary: Iterable<string>): Slot {
  return oneOf([...vocabulary].map((entry) => `${articleOf(entry)} ${entry}`));
}

/** `a` or `an` by the first letter, with the exceptions that our vocabularies hold. */
export function articleOf(noun: string): 'a' | 'an' {
  return /^(?:[aeio]|u(?!ni|kul|se|ten))/i.test(noun) ? 'an' : 'a';
}

/**
 * The narrowest character classes that hold every entry, first character and rest apart: enough to tell a
 * capitalised name from the lower-case phrase before it, and far shorter than all entries side by side.
 */
function shapeOf(entries: readonly string[]): string {
  const first = CLASSES.filter(({ test }) => entries.some((entry) => test.test(entry.charAt(0))));
  const rest = CLASSES.filter(({ test }) => entries.some((entry) => test.test(entry.slice(1))));
  return `[${first.map(({ name }) => name).join('')}][${rest.map(({ name }) => name).join('')}]*?`;
}

const CLASSES = [
  { name: 'A-Z', test: /[A-Z]/ },
  { name: 'a-z', test: /[a-z]/ },
  { name: '0-9', test: /[0-9]/ },
  { name: ' ', test: / / },
  { name: "'", test: /'/ },
  { name: '\\-', test: /-/ },
  { name: '.,', test: /[.,]/ },
  { name: '\\p{Lo}', test: /\p{Lo}/u },
  { name: '\\p{L}', test: /[\u00C0-\u024F]/ },
];
