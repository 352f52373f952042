import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TeacherFailure } from '../../../../activities/teacher/answer/failures.ts';
import { createEmbeddingClient, worstCaseOfTexts } from '../../../../activities/teacher/embeddings.ts';
import { measuredDuring } from '../../../measured.ts';
import { errorReply, type Reply, type ScriptedTeacher, startScriptedTeacher } from './scripted-teacher.ts';

const listOf = (...embeddings: unknown[]): Reply => ({
  json: {
    object: 'list',
    data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: 7, total_tokens: 7 },
  },
});

const free = { embeddingModel: 'embedder', embeddingUsdPerMillion: 0 };

async function asking(reply: Reply, work: (teacher: ScriptedTeacher) => Promise<void>): Promise<void> {
  const teacher = await startScriptedTeacher(() => reply);
  try {
    await work(teacher);
  } finally {
    await teacher[Symbol.asyncDispose]();
  }
}

describe('a client of an embeddings endpoint', () => {
  it('asks for floats, and gives unit vectors in the order of the texts', () =>
    asking(
      {
        json: {
          data: [
            { index: 1, embedding: [0, -2] },
            { index: 0, embedding: [3, 4] },
          ],
          usage: { prompt_tokens: 7 },
        },
      },
      async (teacher) => {
        const client = createEmbeddingClient(teacher.profile(free), {});
        const { vectors, promptTokens } = await client.embed(['a', 'b']);
        assert.deepEqual(vectors, [Float32Array.of(0.6, 0.8), Float32Array.of(0, -1)]);
        assert.equal(promptTokens, 7);
        assert.deepEqual(
          teacher.calls.map(({ path, body }) => [path, body]),
          [['/v1/embeddings', { model: 'embedder', input: ['a', 'b'], encoding_format: 'float' }]],
        );
      },
    ));

  it('is measured as a request of its own, whatever becomes of it', async (test) => {
    const measured = measuredDuring(test);
    const outcomes: string[] = [];
    for (const reply of [listOf([1]), errorReply(503, { message: 'overloaded' })])
      await asking(reply, async (teacher) => {
        await createEmbeddingClient(teacher.profile(free), {})
          .embed(['a'])
          .catch(() => {});
        outcomes.push(...Object.keys(measured).filter((series) => series.includes('request_duration')));
      });
    assert.deepEqual(
      [...new Set(outcomes)],
      [
        'alpaca_teacher_request_duration_seconds{profile="scripted/embeddings", outcome="answered"}',
        'alpaca_teacher_request_duration_seconds{profile="scripted/embeddings", outcome="TeacherUnavailable"}',
      ],
    );
  });

  for (const [usage, promptTokens] of [
    [{ prompt_tokens: 7, total_tokens: 9 }, 9],
    [{ prompt_tokens: 0, total_tokens: 0 }, 2],
    [{ prompt_tokens: 2 ** 53 - 1, total_tokens: 2 ** 53 - 1 }, 34],
    [null, null],
  ] as const) {
    it(`books ${promptTokens} tokens of two texts for a usage of ${JSON.stringify(usage)}`, () => {
      const data = [0, 1].map((index) => ({ index, embedding: [1] }));
      return asking({ json: { data, usage } }, async (teacher) => {
        const client = createEmbeddingClient(teacher.profile(free), {});
        assert.equal((await client.embed(['a', 'b'])).promptTokens, promptTokens);
      });
    });
  }

  it('sends an idempotency key where the profile names a header for it', () =>
    asking(listOf([1]), async (teacher) => {
      const profile = teacher.profile({ ...free, idempotencyHeader: 'Idempotency-Key' });
      await createEmbeddingClient(profile, {}).embed(['a'], { idempotencyKey: 'k' });
      assert.equal(teacher.calls[0]?.headers['idempotency-key'], 'k');
    }));

  for (const [what, reply, message] of [
    ['too few embeddings', listOf([1, 0]), /it gave 1 embeddings for 2 texts/],
    ['too many embeddings', listOf([1], [1], [1]), /it gave 3 embeddings for 2 texts/],
    ['a vector of zeros', listOf([1, 0], [0, 0]), /embedding 1 is missing, or has no direction/],
    ['what is no number', listOf([1, 0], [null, 1]), /not the form of a list of embeddings/],
    ['numbers too large for a length', listOf([1, 0], [1e308, 1e308]), /embedding 1 .* no direction/],
    ['different dimensions', listOf([1, 0], [1, 0, 0]), /its embeddings have 2 and 3 dimensions/],
    ['a completion', { json: { choices: [] } }, /not the form of a list of embeddings/],
  ] as const)
    it(`refuses ${what}, which may have been paid for`, () =>
      asking(reply, async (teacher) => {
        const client = createEmbeddingClient(teacher.profile(free), {});
        await assert.rejects(client.embed(['a', 'b']), (error) => {
          assert.ok(error instanceof TeacherFailure);
          assert.deepEqual([error.code, error.mayBePaid, error.retryable], ['TeacherMalformed', true, true]);
          assert.match(error.message, message);
          return true;
        });
      }));

  for (const [what, reply, code, message] of [
    [
      'no such endpoint',
      errorReply(404, { message: 'Not Found' }),
      'Configuration',
      /has no embeddings endpoint/,
    ],
    [
      'no such model',
      errorReply(404, { message: 'no', code: 'model_not_found' }),
      'UnknownModel',
      /knows no embedding model embedder/,
    ],
    [
      'no credit, though its status is 200',
      { json: { error: { code: 402, message: 'Insufficient credits.' } } },
      'QuotaExhausted',
      /quota is used up \(402 Insufficient credits\.\)/,
    ],
    [
      'a text that is too long',
      errorReply(400, { message: 'maximum context length is 8192', code: 'context_length_exceeded' }),
      'ContextLength',
      /A text is too long for embedder .* Shorten/,
    ],
  ] as const)
    it(`says in the words of embedding that there is ${what}`, () =>
      asking(reply, async (teacher) => {
        const client = createEmbeddingClient(teacher.profile(free), {});
        await assert.rejects(client.embed(['a']), { code, message });
      }));

  it('wants a model, a price and, for another model, that it costs nothing', () =>
    asking('hang', async (teacher) => {
      const refused = (profile: object, model: string | null, message: RegExp) =>
        assert.throws(() => createEmbeddingClient(teacher.profile(profile), {}, { model }), {
          code: 'Configuration',
          message,
        });
      refused({}, null, /names no embedding model/);
      refused({ embeddingModel: 'e' }, null, /has no price of e/);
      refused({ ...free, embeddingUsdPerMillion: 1 }, 'other', /states the price of embedder, not of other/);
      assert.equal(createEmbeddingClient(teacher.profile(free), {}, { model: 'other' }).model, 'other');
      assert.equal(teacher.calls.length, 0);
    }));

  it('reckons a byte a token, and some for the format, at the worst', () => {
    assert.equal(worstCaseOfTexts(['four', '물'], 1_000_000), 4 + 16 + 3 + 16);
  });
});
