import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';

/** Tokens to text. */
export type Decoder = (tokens: readonly string[]) => string;

/**
 * What `decoder` of a tokenizer.json says, as the Rust library (0.23) does it; null where there is none. The
 * JavaScript library's own decoders (0.2.0) drop a byte order mark, give one replacement character for several bytes
 * that are no text, decode an added token apart from its neighbours, and leave Metaspace's `prepend_scheme` unread.
 *
 * @throws Error naming a type that is not supported
 */
export function createDecoder(config: unknown): Decoder | null {
  if (config === null || config === undefined) return null;
  const stages = flatten(config).map((part) => createStage(parsePart(part)));
  return (tokens) => stages.reduce((before, stage) => stage(before), tokens).join('');
}

/**
 * The bytes that a token stands for inside a text: a part of a character where the token is one, and with its space where
 * the text's first token would lose it.
 */
export function createByteDecoder(config: unknown): (token: string) => Uint8Array {
  const stages = flatten(config ?? { type: 'Sequence', decoders: [] }).map(parsePart);
  const has = (type: Part['type']) => stages.some((part) => part.type === type);
  const bytesOf = has('ByteLevel') ? byteLevelBytes() : null;
  const decode = createDecoder(config) ?? ((tokens: readonly string[]) => tokens.join(' '));
  return (token) => {
    if (bytesOf !== null) return Uint8Array.from(bytesOf(token));
    const byte = has('ByteFallback') ? BYTE_TOKEN.exec(token)?.[1] : undefined;
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    return Buffer.from(decode([BEFORE, token]).slice(BEFORE.length));
  };
}

/** A token that no decoder changes, before the one that is looked at. */
const BEFORE = 'x';

type Stage = (tokens: readonly string[]) => readonly string[];

const pattern = z.union([z.strictObject({ String: z.string() }), z.strictObject({ Regex: z.string() })]);
const count = z.int().min(0).max(1000);

const decoder = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('ByteLevel') }),
  z.looseObject({ type: z.literal('ByteFallback') }),
  z.looseObject({ type: z.literal('Fuse') }),
  z.looseObject({ type: z.literal('Replace'), pattern, content: z.string() }),
  z.looseObject({ type: z.literal('Strip'), content: z.string(), start: count, stop: count }),
  z.looseObject({ type: z.literal('BPEDecoder'), suffix: z.string() }),
  z.looseObject({
    type: z.literal('Metaspace'),
    replacement: z.string().default('\u2581'),
    prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
    add_prefix_space: z.boolean().nullish(),
  }),
]);
type Part = z.infer<typeof decoder>;

function parsePart(value: unknown): Part {
  const { type } = z.looseObject({ type: z.string() }).parse(value);
  const known = decoder.options.some((option) => option.shape.type.value === type);
  if (!known) throw new Error(`its decoder ${type} is not supported`);
  return decoder.parse(value);
}

function flatten(config: unknown): unknown[] {
  const sequence = z.looseObject({ type: z.literal('Sequence'), decoders: z.array(z.unknown()) });
  const checked = sequence.safeParse(config);
  return checked.success ? checked.data.decoders.flatMap(flatten) : [config];
}

function createStage(part: Part): Stage {
  switch (part.type) {
    case 'ByteLevel':
      return byteLevel();
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Replace': {
      const found = expressionOf(part.pattern);
      return (tokens) => tokens.map((token) => token.replaceAll(found, () => part.content));
    }
    case 'Strip':
      return (tokens) => tokens.map((token) => strip([...token], part));
    case 'BPEDecoder':
      return (tokens) =>
        tokens.map((token, i) => token.replaceAll(part.suffix, i + 1 < tokens.length ? ' ' : ''));
    case 'Metaspace': {
      const keepsFirst = part.prepend_scheme === 'never' || part.add_prefix_space === false;
      return (tokens) =>
        tokens.map((token, i) => token.replaceAll(part.replacement, i > 0 || keepsFirst ? ' ' : ''));
    }
  }
}

function expressionOf(given: z.infer<typeof pattern>): string | RegExp {
  if ('String' in given) return given.String;
  const { pattern } = new SplitPreTokenizer({
    type: 'Split',
    pattern: given,
    behavior: 'Removed',
    invert: false,
  });
  if (pattern === null) throw new Error('its decoder Replace has no pattern');
  return pattern;
}

/** Bytes that are no UTF-8 become U+FFFD, one for each longest beginning of a character, as Rust's `from_utf8_lossy` has it. */
const LOSSY = new TextDecoder('utf-8', { ignoreBOM: true });
const STRICT = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/** A token with a character that stands for no byte is its own bytes; those of all tokens are one text. */
function byteLevel(): Stage {
  const bytesOf = byteLevelBytes();
  return (tokens) => [LOSSY.decode(Uint8Array.from(tokens.flatMap((token) => [...bytesOf(token)])))];
}

function byteLevelBytes(): (token: string) => number[] | Buffer {
  const byCharacter = bytesOfCharacters();
  return (token) => {
    const bytes = Array.from(token, (character) => byCharacter.get(character));
    const known = bytes.filter((byte) => byte !== undefined);
    return known.length === bytes.length ? known : Buffer.from(token);
  };
}

/** GPT-2's table: a byte that is a visible character of Latin-1 is that one, the others are those from U+0100 on. */
function bytesOfCharacters(): Map<string, number> {
  const bytes = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 0x100; byte += 1) {
    const visible = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    bytes.set(String.fromCharCode(visible ? byte : next), byte);
    if (!visible) next += 1;
  }
  return bytes;
}

/** `<0xE2>` and the like; also `<0x+f>`, since Rust's reading of a number takes a sign. */
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2}|\+[0-9A-Fa-f])>$/;

/** Bytes in a row are a text where all of them together are; otherwise each is U+FFFD. */
function byteFallback(tokens: readonly string[]): string[] {
  const decoded: string[] = [];
  let bytes: number[] = [];
  const end = () => {
    if (bytes.length === 0) return;
    try {
      decoded.push(STRICT.decode(Uint8Array.from(bytes)));
    } catch {
      decoded.push(...bytes.map(() => '\ufffd'));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = BYTE_TOKEN.exec(token)?.[1];
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else {
      end();
      decoded.push(token);
    }
  }
  end();
  return decoded;
}

/** Without up to `start` of the character at its beginning and up to `stop` at its end. */
function strip(
  characters: readonly string[],
  { content, start, stop }: Extract<Part, { type: 'Strip' }>,
): string {
  const of = (end: readonly string[]) => {
    const other = end.findIndex((character) => character !== content);
    return other === -1 ? end.length : other;
  };
  const from = of(characters.slice(0, start));
  const rest = characters.slice(from);
  return rest.slice(0, rest.length - of(rest.toReversed().slice(0, stop))).join('');
}
