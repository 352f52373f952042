import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { collectBatch } from '../../../../../activities/generate/batch/collect.ts';
import { submitBatch } from '../../../../../activities/generate/batch/submit.ts';
import type { GenerationRun } from '../../../../../activities/generate/generation-run.ts';
import { loadProfiles } from '../../../../../activities/teacher/profile/profiles.ts';
import { openSmallRun } from '../generation-fixture.ts';
import { BATCH, startJobTeacher } from './job-teacher.ts';

const empty = (line: number) => ({
  choices: [{ finish_reason: line % 2 ? 'stop' : 'length', message: { content: '' } }],
  usage: { prompt_tokens: 700, completion_tokens: line % 2 ? 1 : 64 },
});
const unreadable = () => ({ choices: [], usage: { prompt_tokens: 700, completion_tokens: 64 } });

describe('jobs whose answers have no text', () => {
  for (const [what, body, says] of [
    ['have none, in two ways by turns', empty, /gave 6 of 6 answers without a text: /],
    [
      'cannot be read',
      unreadable,
      /gave 6 of 6 answers without .* its answer has no choices: \{"choices":\[\]/,
    ],
  ] as const)
    it(`are followed by jobs of one request until that is over, where they ${what}`, async (test) => {
      const set = await setUp(test);
      set.answerWith(body);
      const { collect: first } = await set.ask(0, 0);
      await assert.rejects(first(), { code: 'EmptyAnswers', message: says, retryAfterMs: 1_800_000 });
      const { missing, lost } = await first();
      assert.deepEqual([missing, lost], body === empty ? [0, 0] : [6, 6]);

      const range = body === empty ? 3 : 0;
      const { collect: second, prompts } = await set.ask(range, 1);
      await assert.rejects(second(), { code: 'EmptyAnswers', message: /gave 2 of 2 answers without a text/ });
      await second();
      assert.deepEqual([prompts, await set.lines()], [6, 6 + 2]);

      set.answerWith(null);
      const left = body === empty ? 4 : 6;
      const { collect: third } = await set.ask(range, 2);
      assert.deepEqual([(await third()).missing, await set.lines()], [left - 2, 8 + 2]);
      const { collect: fourth } = await set.ask(range, 3);
      assert.deepEqual([(await fourth()).missing, await set.lines()], [0, 10 + left - 2]);
    });
});

/** A run by the job at an offline teacher, the bodies of whose answers a test makes. */
async function setUp(test: TestContext) {
  const { store, url, answered } = await startJobTeacher(test, { seconds: 0 });
  const known = await loadProfiles({ env: {}, offlineTeacherUrl: url });
  const honest = await openSmallRun(store, { ...known.get('offline'), batch: BATCH });
  let bodyOf: ((line: number) => object) | null = null;
  const run: GenerationRun = {
    ...honest,
    batchEndpoint() {
      const endpoint = honest.batchEndpoint();
      return {
        ...endpoint,
        async *lines(...file) {
          let line = 0;
          for await (const answered of endpoint.lines(...file)) {
            line += 1;
            yield bodyOf === null
              ? answered
              : { ...Object(answered), response: { status_code: 200, body: bodyOf(line) } };
          }
        },
      };
    },
  };
  return {
    answerWith(body: typeof bodyOf) {
      bodyOf = body;
    },
    async ask(firstRequest: number, asking: number) {
      const range = { firstRequest, requests: 3, asking };
      const payer = `run/${firstRequest}-${firstRequest + 2}/${asking}`;
      const { batch, prompts } = await submitBatch(range, run, payer, unwatched);
      return { prompts, collect: () => collectBatch({ ...range, batch }, run, payer, unwatched) };
    },
    /** lines that were asked in all jobs */
    lines: async () => (await answered()).length,
  };
}
