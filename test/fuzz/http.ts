import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peakMemoryBytes } from '../../activities/process/peak-memory.ts';
import { startModelServer } from '../../workers/serve/server.ts';
import fc from '../property.ts';
import { scriptedModels } from '../unit/workers/serve/served-model.ts';
import { ratingService } from '../unit/workers/web/scripted-ratings.ts';
import { hostile } from './inputs.ts';

const MOST_MS = 5000;
const MOST_BYTES = 2 ** 30;
/** What no answer may repeat as it came, or show: markup, a header of a visitor's own, whose answer is whose. */
const MARKUP = '<script>canary()</script>';
const HEADER = 'x-canary: 1';
const AUTHOR = 'author-canary';
const KEY = '1'.repeat(16);

export interface HttpOutcomes {
  /** answers by their status; 0: the connection was ended without one */
  [status: number]: number;
}

/** Sends requests of every shape to the web service and to a server of models, until the time or the number is over. */
export async function fuzzHttp({
  runs,
  minutes,
  seed,
}: {
  runs?: number;
  minutes?: number;
  seed?: number;
}): Promise<HttpOutcomes> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-fuzz-http-'));
  const pairs = [0, 1, 2].map((index) => ({
    ...{ dataset: '', instruction: `Say ${index}.`, input: '' },
    ...{ answerA: 'a', generatorA: AUTHOR, answerB: 'b', generatorB: AUTHOR },
  }));
  const unlimited = { requestsPerMinute: 1e9, ratingRequestsPerMinute: 1e9 };
  const { app } = await ratingService(root, pairs, unlimited);
  const web = await app.listen({ host: '127.0.0.1', port: 0 });
  const models = await startModelServer({
    models: scriptedModels(['tuned'], () => ['hi']),
    ...{ host: '127.0.0.1', port: 0, token: null },
  });
  const ports = [web, models.url].map((url) => Number(new URL(url).port));
  const outcomes: HttpOutcomes = {};
  try {
    await fc.assert(
      fc.asyncProperty(requests(), fc.nat(1), async (request, place) => {
        const port = ports[place] ?? 0;
        const answer = await send(port, request.replaceAll('HOST', `127.0.0.1:${port}`));
        const status = Number(/^HTTP\/1\.1 (?!100)(\d{3})/m.exec(answer)?.[1] ?? 0);
        outcomes[status] = (outcomes[status] ?? 0) + 1;
        assert.ok(status < 500, answer.slice(0, 500));
        const isData = /^content-type: (application\/(problem\+)?json|text\/plain)/im.test(answer);
        for (const secret of [AUTHOR, root, `\n${HEADER}`, ...(isData ? [] : [MARKUP])])
          assert.ok(!answer.includes(secret), answer);
        assert.ok(peakMemoryBytes() < MOST_BYTES);
      }),
      {
        numRuns: runs ?? Number.POSITIVE_INFINITY,
        ...(minutes === undefined ? {} : { interruptAfterTimeLimit: minutes * 60_000 }),
        ...(seed === undefined ? {} : { seed }),
      },
    );
    for (const port of ports)
      assert.match(
        await send(port, `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
        /^HTTP\/1\.1 200/,
      );
  } finally {
    await app.close();
    await models.close();
    await rm(root, { recursive: true, force: true });
  }
  return outcomes;
}

/** Bytes as they are, and what comes back until the other side ends: within five seconds. */
function send(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const late = setTimeout(
      () => reject(new Error(`no end within ${MOST_MS} ms of ${request.slice(0, 300)}`)),
      MOST_MS,
    );
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    // One that was refused in the middle may be cut off while it is still being sent.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(late);
      resolve(answer);
    });
    socket.write(request, 'latin1');
    // What is no whole request is not waited for.
    socket.end();
  });
}

function requests(): fc.Arbitrary<string> {
  const method = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('GET', 'POST') },
    fc.constantFrom('HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PATCH', 'get', 'XYZ', ''),
  );
  const part = fc.oneof(
    fc.constantFrom(
      ...['test', KEY, '2'.repeat(16), 'items', '0', '1', '99999999', 'votes', 'join', 'finish', 'tally'],
      ...[
        '..',
        '%2e%2e',
        '%2F..%2F..%2Fetc%2Fpasswd',
        '..%5c..',
        '%00',
        '%',
        '%zz',
        '%ff',
        '__proto__',
        'constructor',
      ],
      ...[encodeURIComponent(MARKUP), MARKUP, `%0d%0a${HEADER}`, 'x'.repeat(2000)],
      ...[
        'manifest.json',
        'comparison.jsonl',
        '0'.repeat(64),
        'alpaca.input.schema.json',
        '*',
        '?a=b',
        '#x',
        '',
      ],
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const bytes = fc.string({ unit: 'binary', maxLength: 20 });
  const start = fc.constantFrom(
    ...[
      '/',
      '/rate',
      '/api/rate',
      '/rate/test',
      `/rate/test/${KEY}`,
      `/api/rate/test/${KEY}`,
      '/api/v1/runs',
      '/api/v1/runs/x/updates',
      '/api/v1/workflows/alpaca',
      '/api/v1/artifacts/comparison',
      '/runs',
    ],
    ...[
      '/artifacts',
      '/artifacts/comparison',
      '/schemas',
      '/assets',
      '/health',
      '/v1/models',
      '/v1/completions',
    ],
    ...['/v1/chat/completions', 'http://evil.example/', '//evil.example', ''],
  );
  const path = fc
    .tuple(
      start,
      fc.array(fc.oneof({ weight: 20, arbitrary: part }, bytes), { maxLength: 4 }),
      fc.constantFrom('', '?x=1', `?model=${encodeURIComponent(MARKUP)}`),
    )
    .map(([first, parts, query]) => `${[first, ...parts].join('/')}${query}`);
  const wellFormed = fc.constantFrom(
    ...['X-Alpaca-Rating: 1', 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site', 'Origin: null'],
    ...['Content-Type: application/json', 'Content-Type: text/plain', 'Content-Type: multipart/form-data'],
    ...['Accept: text/html', 'Cookie: alpaca-rater=x', `Cookie: alpaca-rater=${'a'.repeat(32)}`],
    ...[
      'Upgrade: websocket',
      'Range: bytes=0-99999',
      'If-None-Match: *',
      `Authorization: Basic ${'e'.repeat(500)}`,
    ],
    ...[
      'Authorization: Bearer',
      `X-Long: ${'y'.repeat(9000)}`,
      'Forwarded: for=1.2.3.4',
      'Expect: 100-continue',
    ],
  );
  const malformed = fc.oneof(
    fc.constantFrom(
      ...[
        'Transfer-Encoding: chunked',
        'Content-Length: 5',
        'Content-Length: 99999999',
        'Content-Length: -1',
      ],
      ...['Host: evil.example', ': x', 'Content-Type: \u0000', 'Connection: keep-alive'],
    ),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  const header = fc.oneof({ weight: 12, arbitrary: wellFormed }, malformed);
  const whole = fc
    .tuple(
      method,
      path,
      fc.array(header, { maxLength: 4 }),
      fc.constantFrom('Host: HOST', 'Host: HOST', 'Host: evil.example', 'Host: [::1]'),
      fc.boolean(),
      bodies,
    )
    .map(([name, target, headers, host, ours, body]) => {
      const text = Buffer.from(body).toString('latin1');
      const usual = ours
        ? [
            'Host: HOST',
            'X-Alpaca-Rating: 1',
            'Content-Type: application/json',
            `Content-Length: ${text.length}`,
          ]
        : [host];
      const lines = [`${name} ${target} HTTP/1.1`, ...usual, 'Connection: close', ...headers];
      // What follows a request without a length is another one, and none.
      return `${lines.join('\r\n')}\r\n\r\n${ours ? text : ''}`;
    });
  const garbage = fc.string({ unit: 'binary', maxLength: 200 });
  return fc.oneof({ weight: 30, arbitrary: whole }, garbage);
}

const BODIES: readonly object[] = [
  { votes: [{ item: 0, revision: 1, choice: 'first' }] },
  {},
  { model: 'tuned', messages: [{ role: 'user', content: 'Hello' }], stream: true, max_tokens: 3 },
  { model: 'tuned', prompt: ['Hello', 'You'], stop: ['x'], seed: 1, temperature: 1 },
];

/** Bodies that routes take, with parts changed; and what is none. */
const bodies: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .constantFrom(...BODIES)
      .chain((body) => hostile(body))
      .map((body) => JSON.stringify(body) ?? ''),
  },
  fc.constantFrom(
    '',
    '{',
    'null',
    '[]',
    '"x"',
    `"${'x'.repeat(30_000)}"`,
    '['.repeat(15_000),
    '{"__proto__":{"x":1}}',
  ),
  fc.string({ unit: 'binary', maxLength: 200 }),
);
