import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { ratingService } from './scripted-ratings.ts';

const SECRET = 'nobody-outside-reads-this';
const KEY = '1'.repeat(16);
const ROUTES = [
  ...[
    '/',
    '/runs/x',
    '/runs/x/report',
    '/api/v1/runs',
    '/api/v1/runs/x',
    '/assets/run.js',
    '/schemas/x',
    '/health',
  ],
  ...['/rate/test', `/rate/test/${KEY}`, `/api/rate/test/${KEY}`, `/api/rate/test/${KEY}/items/0`],
];
const WAYS = ['..', '../..', '../../..', '%2e%2e', '..%2f..%2f..', '..%5c..', '....//', '%252e%252e', '%00'];

/** Over a connection, since clients that take addresses apart would walk the dots themselves. */
describe('a path of the web service, as it is sent', () => {
  let root: string;
  let app: FastifyInstance;
  let port: number;
  let artifact: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-raw-paths-'));
    await writeFile(join(root, 'secret'), SECRET);
    const pairs = [
      {
        ...{ dataset: '', instruction: 'Say it.', input: '' },
        ...{ answerA: 'a', generatorA: SECRET, answerB: 'b', generatorB: SECRET },
      },
    ];
    const made = await ratingService(root, pairs, { requestsPerMinute: 1e6, ratingRequestsPerMinute: 1e6 });
    app = made.app;
    port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
    const { comparison } = await made.ratings.rater('test', KEY);
    artifact = String(comparison?.uri).replace('artifact://', '/artifacts/');
  });
  after(async () => {
    await app.close();
    await rm(root, { recursive: true, force: true });
  });

  const get = (path: string, headers = {}): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      sent.on('error', reject).end();
    });

  it('leads from no route to a file of the machine', async () => {
    for (const route of [...ROUTES, artifact])
      for (const way of WAYS)
        for (const to of ['secret', 'etc/passwd', 'manifest.json', `artifacts/x/${'0'.repeat(64)}/x`]) {
          const path = `${route}/${way}/${to}`;
          const { status, body } = await get(path);
          assert.ok(status === 400 || status === 404, `${path}: ${status}`);
          assert.ok(
            !body.includes(SECRET) && !body.includes('root:') && !body.includes(root),
            `${path}: ${body}`,
          );
        }
  });

  it('leads from no seat to what says whose answer is whose', async () => {
    for (const way of WAYS)
      for (const to of [artifact, '/api/v1/runs', '/']) {
        const { body } = await get(`/rate/test/${KEY}/${way}${to}`);
        assert.ok(!body.includes(SECRET), body);
      }
  });

  it('is echoed as text where there is nothing at it', async () => {
    const { status, body } = await get('/<script>alert(1)</script>', { accept: 'text/html' });
    assert.equal(status, 404);
    assert.match(body, /There is nothing at \/&lt;script&gt;alert\(1\)&lt;\/script&gt;\./);
    assert.doesNotMatch(body, /<script>alert/);
  });
});
