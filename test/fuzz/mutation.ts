import fc from '../property.ts';

/** Changes of valid files, as fast-check draws and shrinks them. */

/** A change of bytes: at a place, so many go and others come. */
export interface ByteEdit {
  /** a share of the length */
  at: number;
  removed: number;
  inserted: Uint8Array;
  /** written over what is there, in place of between */
  over: boolean;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const bytes = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 8 }),
  fc.constantFrom(
    ...[
      '00',
      'ff',
      'ffffffff',
      'ffffff7f',
      '0000000000000080',
      'ffffffffffffffffff01',
      '7b',
      '5b',
      '22',
      '0a',
      '5c',
      'efbbbf',
      'c3',
    ].map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))),
  ),
);

export const byteEdits: fc.Arbitrary<ByteEdit[]> = fc.array(
  fc.record({
    // The ends of a file hold its lengths.
    at: fc.oneof(
      share,
      share.map((near) => near / 50),
      share.map((near) => 1 - near / 50),
    ),
    removed: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(100_000)),
    inserted: bytes,
    over: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

export function editBytes(whole: Uint8Array, edits: readonly ByteEdit[]): Buffer {
  let changed = Buffer.from(whole);
  for (const { at, removed, inserted, over } of edits) {
    const place = Math.floor(at * changed.length);
    const after = place + (over ? inserted.length : removed);
    changed = Buffer.concat([changed.subarray(0, place), inserted, changed.subarray(after)]);
  }
  return changed;
}

/** A change of JSON: a value somewhere in it becomes another, goes, or comes under another name. */
export interface JsonEdit {
  /** which way at each level */
  path: number[];
  /** a name of HOSTILE, or JSON */
  value: { hostile: string } | { json: unknown };
  what: 'replace' | 'remove' | 'add' | 'rename';
  name: string;
}

/** What no reader expects, by a name: a failing edit is printed, and shrunk, by it. */
const HOSTILE: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...[
    null,
    true,
    '',
    'x',
    '__proto__',
    0,
    -1,
    0.5,
    1e9,
    4e9,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e300,
    -1e300,
    [],
    {},
    [[]],
  ].map((value): [string, unknown] => [JSON.stringify(value), value]),
  ...['\u0000', '\uD800', '(', '[', '\\', '\\p{', '\\u{110000}', '(?<x>', 'a{9999999999}'].map(
    (value): [string, unknown] => [JSON.stringify(value), value],
  ),
  ['another type', { type: 'x' }],
  ['a long text', 'x'.repeat(100_000)],
  ['a long list', Array.from({ length: 20_000 }, (_, i) => i)],
  ['many fields', Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, i]))],
  ['many levels', nested(1000)],
]);

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

export const jsonEdits: fc.Arbitrary<JsonEdit[]> = fc.array(
  fc.record({
    path: fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }),
    value: fc.oneof(
      { weight: 3, arbitrary: fc.record({ hostile: fc.constantFrom(...HOSTILE.keys()) }) },
      fc.record({ json: fc.jsonValue({ maxDepth: 3 }) }),
    ),
    what: fc.constantFrom('replace', 'replace', 'remove', 'add', 'rename'),
    name: fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'type', 'id', 'content', 'toString', ''),
      fc.string(),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

export function editJson(text: Uint8Array, edits: readonly JsonEdit[]): Buffer {
  let whole: unknown = JSON.parse(Buffer.from(text).toString());
  for (const edit of edits) whole = edited(whole, edit.path, edit);
  return Buffer.from(JSON.stringify(whole) ?? 'null');
}

function edited(value: unknown, [way, ...rest]: readonly number[], edit: JsonEdit): unknown {
  if (way === undefined || typeof value !== 'object' || value === null) return drawn(edit);
  const entries = Object.entries(value);
  const at = entries.length === 0 ? 0 : way % entries.length;
  const [key = '', inner] = entries[at] ?? [];
  const isLast = rest.length === 0 || typeof inner !== 'object' || inner === null;
  if (!isLast) entries[at] = [key, edited(inner, rest, edit)];
  else if (edit.what === 'remove') entries.splice(at, 1);
  else if (edit.what === 'add') entries.push([edit.name, drawn(edit)]);
  else entries[at] = edit.what === 'rename' ? [edit.name, inner] : [key, drawn(edit)];
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function drawn({ value }: JsonEdit): unknown {
  return 'hostile' in value ? HOSTILE.get(value.hostile) : value.json;
}
