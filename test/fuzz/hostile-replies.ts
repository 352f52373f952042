import { gzipSync } from 'node:zlib';
import fc from '../property.ts';

/** Everything that an endpoint may send back: well-formed or not, and anything between. */
export interface HostileReply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** it ends the connection after so many bytes; null: it sends all of them */
  cutAfter: number | null;
  /** it sends no HTTP at all, but these bytes */
  raw: boolean;
}

/** What an endpoint of each kind sends when it is well: what mutants are made of. */
const HONEST: readonly object[] = [
  {
    model: 'm',
    choices: [
      {
        index: 0,
        finish_reason: 'stop',
        message: { content: ' Name a colour\n4. Input:\n<noinput>\n4. Output:\nRed' },
      },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 9 },
  },
  {
    model: 'm',
    choices: [
      { index: 1, text: 'b', finish_reason: 'length' },
      { index: 0, text: 'a', finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 9 },
  },
  {
    data: [
      { index: 0, embedding: [0.6, 0.8] },
      { index: 1, embedding: [1, 0] },
    ],
    usage: { prompt_tokens: 4 },
  },
  {
    id: 'batch_1',
    status: 'completed',
    output_file_id: 'f',
    request_counts: { completed: 1, failed: 0, total: 1 },
  },
  {
    data: [{ id: 'batch_1', status: 'failed', created_at: 1e12, metadata: { alpaca_job: 'x' } }],
    has_more: true,
  },
  { custom_id: 'k', response: { status_code: 200, body: { choices: [{ message: { content: 'a' } }] } } },
  { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
];

/** Null but for one time in eight. */
function seldom<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

/** In place of any value of an honest answer. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      null,
      true,
      '',
      0,
      -1,
      1.5,
      2 ** 53 - 1,
      2 ** 53,
      1e308,
      -0,
      'NaN',
      '../..',
      '\u0000',
      '\ud800',
      '\u001b[2J',
    ],
    ...[[], {}, [[]], '__proto__', 'x'.repeat(300_000), '###'.repeat(90_000), '4. Input:'.repeat(30_000)],
  ),
  fc.jsonValue({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => nested(depth)),
);

/** An honest answer with some of its values in another's place. */
const mutant = fc
  .tuple(
    fc.constantFrom(...HONEST),
    fc.array(fc.tuple(fc.nat(30), odd), { maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    seldom(fc.nat(400)),
  )
  .map(([honest, values, bytes, length]) => {
    const changed = values.reduce<unknown>((json, [place, value]) => replaced(json, place, value), honest);
    const body = Buffer.from(JSON.stringify(changed));
    for (const [place, byte] of bytes) if (body.length > 0) body[place % body.length] = byte;
    return length === null ? body : body.subarray(0, length);
  });

const body: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: mutant },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.constant(Buffer.from('data: {"choices": []}\n\ndata: [DONE]\n\n')) },
  { weight: 1, arbitrary: fc.nat(2 << 20).map((size) => Buffer.alloc(size, '[')) },
  { weight: 1, arbitrary: fc.nat(1 << 18).map((size) => Buffer.alloc(size, '\n{"custom_id":"k"}')) },
);

const header = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      'retry-after',
      'retry-after-ms',
      'x-ratelimit-limit-requests',
      'x-ratelimit-remaining-tokens',
    ),
    fc.oneof(
      fc.constantFrom('0', '-1', '1e999', '315360000', 'NaN', 'Sat, 28 Nov 2099 00:00:00 GMT', '1d2h', ' '),
      fc.integer().map(String),
    ),
  ),
  fc.tuple(
    fc.constant('content-type'),
    fc.constantFrom('text/html', 'application/json', 'a/b+json', 'x', ''),
  ),
  fc.tuple(fc.constant('content-encoding'), fc.constantFrom('gzip', 'br', 'deflate', 'gzip, gzip', 'none')),
  fc.tuple(fc.constant('location'), fc.constantFrom('/', 'http://127.0.0.1:9/', 'file:///etc/passwd', '\\')),
  fc.tuple(fc.constantFrom('x-request-id', 'server'), fc.stringMatching(/^[ -~]{0,200}$/)),
);

export const hostileReply: fc.Arbitrary<HostileReply> = fc
  .record({
    status: fc.oneof(
      { weight: 3, arbitrary: fc.constant(200) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(201, 204, 205, 301, 304, 307, 400, 401, 404, 408, 413, 429, 500, 503, 999),
      },
    ),
    headers: fc.array(header, { maxLength: 3 }).map((pairs) => ({
      'content-type': 'application/json',
      ...Object.fromEntries(pairs),
    })),
    body,
    packed: fc.boolean(),
    cutAfter: seldom(fc.nat(3000)),
    raw: fc.nat(30).map((number) => number === 0),
  })
  .map(({ packed, ...reply }) => {
    const isPacked = packed && (reply.headers as Record<string, string>)['content-encoding'] === 'gzip';
    return isPacked ? { ...reply, body: gzipSync(reply.body) } : reply;
  });

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return depth > 3000 ? null : value;
}

/** The JSON with another value at one of its places, counted as they are written. */
function replaced(json: unknown, place: number, value: unknown): unknown {
  let left = place;
  const walk = (at: unknown): unknown => {
    if (left === 0) {
      left -= 1;
      return value;
    }
    left -= 1;
    if (Array.isArray(at)) return at.map(walk);
    if (typeof at === 'object' && at !== null)
      return Object.fromEntries(Object.entries(at).map(([name, item]) => [name, walk(item)]));
    return at;
  };
  return walk(json);
}
