import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { embed } from '../../../../workers/offline-teacher/embeddings.ts';
import { NO_FAULTS } from './no-faults.ts';
import { readLog, withLog, withTeacher } from './with-teacher.ts';

const cosine = (a: string, b: string) => {
  const [left, right] = [embed(a), embed(b)];
  return left.reduce((sum, value, place) => sum + value * (right[place] ?? 0), 0);
};

describe('the offline teacher’s embeddings', () => {
  it('are near for the same words in another order, and far for other words', () => {
    const poem = 'Write a short poem about the sea at night.';
    assert.ok(cosine(poem, 'At night, write about the sea a short poem.') > 0.9);
    assert.ok(Math.abs(cosine(poem, 'Name three rivers in Asia.')) < 0.3);
    assert.ok(cosine('다음 문장을 영어로 번역하세요', '다음 문장을 한국어로 번역하세요') > 0.5);
  });

  it('have length 1 for every text, one without a word too', () => {
    for (const text of ['a', '!', '...', '물'])
      assert.ok(Math.abs(Math.hypot(...embed(text)) - 1) < 1e-6, text);
  });

  it('are served with usage, and written to the log', () =>
    withLog((log) =>
      withTeacher({ log }, async (client) => {
        const request = { model: 'offline-hashing', input: ['one two', 'three'] };
        const floats = await client.embeddings.create({ ...request, encoding_format: 'float' });
        assert.deepEqual(
          floats.data.map(({ index, embedding }) => [index, embedding.length]),
          [
            [0, 256],
            [1, 256],
          ],
        );
        assert.deepEqual(floats.usage, { prompt_tokens: 4, total_tokens: 4 });
        const packed = await client.embeddings.create(request);
        assert.deepEqual(packed.data[1]?.embedding, Array.from(embed('three')));
        const [first, second] = await readLog(log);
        assert.deepEqual(
          [first?.path, first?.status, first?.promptTokens, first?.completionTokens, first?.prompts.length],
          ['/v1/embeddings', 200, 4, 0, 2],
        );
        assert.notEqual(first?.request, second?.request);
      }),
    ));

  it('come in as many dimensions as are asked for', () =>
    withTeacher({}, async (client) => {
      const answer = await client.embeddings.create({ model: 'offline-hashing', input: 'a', dimensions: 8 });
      assert.equal(answer.data[0]?.embedding.length, 8);
    }));

  it('are of one model only, and not of an empty text', () =>
    withTeacher({}, async (client) => {
      await assert.rejects(client.embeddings.create({ model: 'offline-composer', input: 'a' }), {
        status: 404,
        code: 'model_not_found',
      });
      await assert.rejects(client.embeddings.create({ model: 'offline-hashing', input: [''] }), {
        status: 400,
      });
    }));

  it('show the usual faults', () =>
    withTeacher({ faults: { ...NO_FAULTS, emptyChoices: 1 } }, async (client) => {
      const answer = await client.embeddings.create({ model: 'offline-hashing', input: ['a'] });
      assert.deepEqual(answer.data, []);
    }));
});
