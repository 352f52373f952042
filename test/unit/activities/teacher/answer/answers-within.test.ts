import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { hideSecret } from '../../../../../activities/secrets.ts';
import { TeacherFailure } from '../../../../../activities/teacher/answer/failures.ts';
import { createTeacherClient, type TeacherRequest } from '../../../../../activities/teacher/client.ts';
import { createEmbeddingClient } from '../../../../../activities/teacher/embeddings.ts';
import type { TeacherProfile } from '../../../../../activities/teacher/profile/profiles.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { endless, growthOf, gzipBomb, startHostileEndpoint } from '../hostile-endpoint.ts';
import { profileOf } from '../scripted-teacher.ts';

const chat: TeacherRequest = {
  style: 'chat',
  model: 'scripted-1',
  temperature: 1,
  topP: 1,
  maxTokens: 100,
  stop: [],
  messages: [{ role: 'user', content: 'Go on.' }],
};
const JSON_TYPE = { 'content-type': 'application/json' };
const FIFTY_MEGABYTES = Buffer.alloc(5e7, 'x');
const BEGIN = '{"choices": [{"message": {"content": "';

/** What the asking of an endpoint came to that answers so. */
async function asking(
  test: TestContext,
  answer: (response: ServerResponse) => void,
  overrides: Partial<TeacherProfile> = {},
) {
  const endpoint = disposedAfter(test, await startHostileEndpoint(answer));
  const profile = { ...profileOf(endpoint.baseUrl), ...overrides };
  return { endpoint, profile, ask: () => createTeacherClient(profile, {}).ask(chat) };
}

async function failureOf(asked: Promise<unknown>): Promise<TeacherFailure> {
  const failure = await asked.then(
    () => assert.fail('it was expected to fail'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof TeacherFailure, String(failure));
  return failure;
}

describe('an answer that is longer than what was asked for can be', () => {
  for (const [what, answer] of [
    ['that has no end', (response) => endless(response.writeHead(200, JSON_TYPE), BEGIN)],
    [
      'that unpacks to a gigabyte',
      (response) =>
        response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(gzipBomb(BEGIN)),
    ],
    ['of 50 MB', (response) => response.writeHead(200, JSON_TYPE).end(FIFTY_MEGABYTES)],
    [
      'that is no JSON and has no end',
      (response) => endless(response.writeHead(200, { 'content-type': 'text/html' }), '<html>'),
    ],
  ] as [string, (response: ServerResponse) => void][]) {
    it(`ends where it is too long, as one that may be paid: one ${what}`, async (test) => {
      const { ask } = await asking(test, answer);
      const grown = await growthOf(async () => {
        const failure = await failureOf(ask());
        assert.deepEqual(
          [failure.code, failure.retryable, failure.mayBePaid],
          ['TeacherMalformed', true, true],
        );
        assert.match(
          failure.message,
          /more than 268544 bytes.*"maxAnswerBytes" in the profile "scripted" of teachers.json allows more/,
        );
      });
      assert.ok(grown < 100, `${grown} MiB`);
    });
  }

  it('is read where the profile allows it', async (test) => {
    const text = 'x'.repeat(300_000);
    const { ask } = await asking(
      test,
      (response) =>
        response.writeHead(200, JSON_TYPE).end(JSON.stringify({ choices: [{ message: { content: text } }] })),
      { maxAnswerBytes: 400_000 },
    );
    assert.equal((await ask()).text, text);
  });

  it('is no list of embeddings either', async (test) => {
    const { profile } = await asking(test, (response) =>
      endless(
        response.writeHead(200, JSON_TYPE),
        '{"data": [{"index": 0, "embedding": [1',
        ',0.5'.repeat(20_000),
      ),
    );
    const client = createEmbeddingClient({ ...profile, embeddingModel: 'e', embeddingUsdPerMillion: 0 }, {});
    const grown = await growthOf(async () => {
      const failure = await failureOf(client.embed(['one']));
      assert.equal(failure.code, 'TeacherMalformed');
      assert.match(failure.message, /more than 466944 bytes/);
    });
    assert.ok(grown < 100, `${grown} MiB`);
  });
});

describe('an error', () => {
  it('is known by its status, of however many bytes its body is: no more than 64 KiB are read', async (test) => {
    for (const begin of ['', '{"error": {"message": "']) {
      const { ask } = await asking(test, (response) => endless(response.writeHead(500, JSON_TYPE), begin));
      const grown = await growthOf(async () => {
        const failure = await failureOf(ask());
        assert.deepEqual([failure.code, failure.mayBePaid], ['TeacherUnavailable', false]);
        assert.ok(failure.message.length < 500, failure.message);
      });
      assert.ok(grown < 100, `${grown} MiB`);
    }
  });

  it('may be nested as deep as it likes', async (test) => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    const { ask } = await asking(test, (response) =>
      response.writeHead(400, JSON_TYPE).end(`{"error": {"message": ${deep}}}`),
    );
    assert.equal((await failureOf(ask())).code, 'Configuration');
  });

  it('may have a status that is none', async (test) => {
    const { ask } = await asking(test, (response) => response.writeHead(999, JSON_TYPE).end('{}'));
    assert.equal((await failureOf(ask())).code, 'TeacherUnavailable');
  });
});

describe('a redirect', () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it(`is not followed: neither prompt nor key goes where HTTP ${status} points to`, async (test) => {
      const inside = disposedAfter(test, await startHostileEndpoint((response) => response.end('{}')));
      const { ask, endpoint } = await asking(test, (response) =>
        response.writeHead(status, { location: `${inside.baseUrl}/chat/completions?token=1` }).end(),
      );
      const failure = await failureOf(ask());
      assert.deepEqual([failure.code, failure.retryable, failure.mayBePaid], ['Configuration', false, false]);
      assert.match(failure.message, /elsewhere \(HTTP 30\d, to http:\/\/127[^?]*\).*set "baseUrl"/);
      assert.equal(endpoint.requests.length, 1);
      assert.deepEqual(inside.requests, []);
    });
  }

  it('is said without the key that its address has', async (test) => {
    hideSecret('sk-of-a-redirect-9xQ2');
    for (const address of ['/sk-of-a-redirect-9xQ2/v1', `/${btoa('user:sk-of-a-redirect-9xQ2')}`]) {
      const { ask } = await asking(test, (response) =>
        response.writeHead(302, { location: `http://127.0.0.1:9${address}` }).end(),
      );
      const { message } = await failureOf(ask());
      assert.match(message, /to http:\/\/127\.0\.0\.1:9\/[^)]*\[key\]/);
      assert.doesNotMatch(message, /redirect-9xQ2|ay1vZi1hLXJl/);
    }
  });
});
