import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { escapeExpression } from './added-tokens.ts';

/**
 * Cuts a text into the pieces that a byte-pair encoder takes one by one (words, mostly).
 *
 * @param atStart true where `text` begins the whole text
 */
type PreTokenizer = (text: string, atStart: boolean) => string[];

export interface PreTokenization {
  cut: PreTokenizer;
  /** true where pieces are to be written in byte-level characters before they are encoded */
  byteLevel: boolean;
}

/**
 * What `pre_tokenizer` of a tokenizer.json says, as the Rust library does it. The JavaScript library is
 * taken for the translation of regular expressions alone: its own pre-tokenizers (0.2.0) know ASCII digits
 * only, let Metaspace cut nothing, take a byte order mark for a space and behave alike for every `behavior`.
 *
 * @throws Error naming a type that is not supported
 */
export function createPreTokenizer(config: unknown): PreTokenization {
  const parts = preTokenizerParts(config);
  const byteLevel = parts.findIndex(({ type }) => type === 'ByteLevel');
  if (byteLevel !== -1 && byteLevel !== parts.length - 1)
    throw new Error('its pre-tokenizer ByteLevel is not the last one');
  return { cut: inTurn(parts.map(createStage)), byteLevel: byteLevel !== -1 };
}

/**
 * The parts of `pre_tokenizer`, with their defaults, in the order in which they cut.
 *
 * @throws Error naming a type that is not supported
 */
export function preTokenizerParts(config: unknown): Part[] {
  return flatten(config).map(parsePart);
}

const pattern = z.union([z.strictObject({ String: z.string() }), z.strictObject({ Regex: z.string() })]);
const behavior = z.enum(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);

const preTokenizer = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('ByteLevel'),
    add_prefix_space: z.boolean().default(true),
    use_regex: z.boolean().default(true),
  }),
  z.looseObject({
    type: z.literal('Metaspace'),
    replacement: z.string().default('\u2581'),
    prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
    add_prefix_space: z.boolean().nullish(),
    split: z.boolean().nullish(),
  }),
  z.looseObject({ type: z.literal('Split'), pattern, behavior, invert: z.boolean().default(false) }),
  z.looseObject({ type: z.literal('Digits'), individual_digits: z.boolean().default(false) }),
  z.looseObject({ type: z.literal('Punctuation'), behavior: behavior.default('Isolated') }),
  z.looseObject({ type: z.literal('Whitespace') }),
  z.looseObject({ type: z.literal('WhitespaceSplit') }),
]);
type Part = z.infer<typeof preTokenizer>;

function parsePart(value: unknown): Part {
  const { type } = z.looseObject({ type: z.string() }).parse(value);
  const known = preTokenizer.options.some((option) => option.shape.type.value === type);
  if (!known) throw new Error(`its pre-tokenizer ${type} is not supported`);
  return preTokenizer.parse(value);
}

function flatten(config: unknown): unknown[] {
  if (config === null || config === undefined) return [];
  const sequence = z.looseObject({ type: z.literal('Sequence'), pretokenizers: z.array(z.unknown()) });
  const checked = sequence.safeParse(config);
  return checked.success ? checked.data.pretokenizers.flatMap(flatten) : [config];
}

function inTurn(stages: PreTokenizer[]): PreTokenizer {
  return (text, atStart) => {
    let pieces = [text];
    for (const stage of stages) {
      if (pieces.length === 1) pieces = stage(pieces[0] ?? '', atStart);
      else pieces = pieces.flatMap((piece, i) => stage(piece, atStart && i === 0));
    }
    return pieces;
  };
}

/** GPT-2's: words, numbers and other characters, each with the space before it. */
const WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;

function createStage(part: Part): PreTokenizer {
  switch (part.type) {
    case 'ByteLevel':
      return (text) => {
        const spaced = part.add_prefix_space && !text.startsWith(' ') ? ` ${text}` : text;
        return part.use_regex ? (spaced.match(WORDS) ?? []) : [spaced];
      };
    case 'Metaspace':
      return createMetaspace(part);
    case 'Split':
      return createSplit(part);
    case 'Digits':
      return cutter(part.individual_digits ? /\p{N}/gu : /\p{N}+/gu, 'Isolated', false);
    case 'Punctuation':
      return cutter(PUNCTUATION, part.behavior, false);
    case 'Whitespace':
      return createSplit({
        type: 'Split',
        pattern: { Regex: '\\w+|[^\\w\\s]+' },
        behavior: 'Removed',
        invert: true,
      });
    case 'WhitespaceSplit':
      return cutter(/\p{White_Space}/gu, 'Removed', false);
  }
}

function createMetaspace(part: Extract<Part, { type: 'Metaspace' }>): PreTokenizer {
  const { replacement } = part;
  const scheme = part.add_prefix_space === false ? 'never' : part.prepend_scheme;
  return (text, atStart) => {
    const marked = text.replaceAll(' ', replacement);
    const prepend =
      !marked.startsWith(replacement) && (scheme === 'always' || (scheme === 'first' && atStart));
    const whole = prepend ? replacement + marked : marked;
    return part.split === false
      ? [whole]
      : whole.split(new RegExp(`(?=${escapeExpression(replacement)})`, 'u'));
  };
}

function createSplit({ pattern, behavior, invert }: Extract<Part, { type: 'Split' }>): PreTokenizer {
  const { pattern: compiled } = new SplitPreTokenizer({ type: 'Split', pattern, behavior, invert });
  if (compiled === null) throw new Error('its pre-tokenizer Split has no pattern');
  return cutter(compiled, behavior, invert);
}

interface SplitPiece {
  text: string;
  matches: boolean;
}

function cutter(expression: RegExp, behaviour: z.infer<typeof behavior>, invert: boolean): PreTokenizer {
  return (text) => {
    if (behaviour === 'Isolated') {
      // Where matches cover the whole text, as nearly every expression's do, they are the pieces.
      const matches = text.match(expression) ?? [];
      if (matches.reduce((length, match) => length + match.length, 0) === text.length)
        return matches.filter((match) => match !== '');
    }
    return join(cutAll(text, expression, invert), behaviour);
  };
}

/** The matches and what is between them, in order. */
function cutAll(text: string, expression: RegExp, invert: boolean): SplitPiece[] {
  const pieces: SplitPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(expression)) {
    pieces.push({ text: text.slice(end, match.index), matches: invert });
    pieces.push({ text: match[0], matches: !invert });
    end = match.index + match[0].length;
  }
  pieces.push({ text: text.slice(end), matches: invert });
  return pieces.filter((piece) => piece.text !== '');
}

function join(pieces: SplitPiece[], behaviour: z.infer<typeof behavior>): string[] {
  if (behaviour === 'Removed') return textsOf(pieces.filter(({ matches }) => !matches));
  if (behaviour === 'Isolated') return textsOf(pieces);
  const joined: SplitPiece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    const joins =
      last !== undefined &&
      (behaviour === 'Contiguous'
        ? last.matches === piece.matches
        : behaviour === 'MergedWithPrevious'
          ? piece.matches && !last.matches
          : last.matches && !piece.matches);
    if (joins) joined[joined.length - 1] = { text: last.text + piece.text, matches: piece.matches };
    else joined.push(piece);
  }
  return textsOf(joined);
}

function textsOf(pieces: SplitPiece[]): string[] {
  return pieces.map(({ text }) => text);
}
