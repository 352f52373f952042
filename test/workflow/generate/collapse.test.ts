import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { unwatched } from '../../../activities/attempt.ts';
import { createGenerateActivities } from '../../../activities/generate/activities.ts';
import { redoGeneration } from '../../../activities/release/reproduce/redo-data.ts';
import { createSampleActivities } from '../../../activities/sample/activities.ts';
import { sampleSeeds } from '../../../activities/sample/sample-seeds.ts';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import { alpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { sampleInput } from '../../../workflows/contracts/sample.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { disposedAfter } from '../../disposed-after.ts';
import { answerWith, temporaryStore } from '../../unit/activities/generate/generation-fixture.ts';
import { chatReply, startScriptedTeacher } from '../../unit/activities/teacher/scripted-teacher.ts';
import { eventually, type Harness } from '../harness.ts';
import { acceptTen } from '../scripted-activities.ts';
import { sharedHarness } from '../shared-harness.ts';

describe('a yield that collapses', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('stops with a clear reason when the yield collapses, and far below the target asks whether to go on', async () => {
    const acceptRound: typeof acceptTen = async (input) => ({
      ...(await acceptTen(input)),
      accepted: 10,
      outcome: input.firstRequest >= 8 ? 'collapsed' : 'continue',
    });
    await harness.withWorker({ acceptRound }, async (start) => {
      const handle = await start('generate', { target: 1000 });
      const asking = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      const { pauseKind, pauseReason, stages } = asking;
      assert.deepEqual([pauseKind, stages[0]?.done, stages[0]?.total], ['person', 10, 1000]);
      assert.match(
        pauseReason ?? '',
        /^generation ended early with 10 of 1000 accepted: most rows were lost as .*; resume goes on with these, cancel ends the run$/,
      );
      await handle.executeUpdate('resume');
      assert.equal(((await handle.result()) as GenerateResult).stopReason, 'yield-collapsed');
      const { stages: ended } = await handle.query(progressQuery);
      assert.deepEqual([ended[0]?.state, ended[0]?.done, ended[0]?.total], ['done', 10, 1000]);
    });
  });

  it('in the middle of a round counts the requests that were considered, and the ledger gives the same rows again', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    // Requests 1 and 2 bring nothing; those after them would, and are answered in the same round.
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher((_, index) =>
        chatReply(
          index === 1 || index === 2 ? 'nothing of use' : answerWith(`Explain a${index} b${index} c${index}`),
        ),
      ),
    );
    const profile = teacher.profile({ price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } });
    const profiles = { names: [profile.name], get: () => profile };
    const { estimateGeneration, answerRequest, acceptRound, gatherAccepted } = createGenerateActivities({
      ...{ store, profiles, env: {} },
    });
    const script = {
      ...{ estimateGeneration, answerRequest, acceptRound, gatherAccepted },
      ...createSampleActivities({ store }),
    };
    const settings = alpacaInput.parse({
      generate: {
        ...{ teacher: 'scripted', target: 1000, promptsPerRequest: 1 },
        ...{
          seedTasksPerPrompt: 1,
          instructionsPerPrompt: 4,
          concurrency: 1,
          roundSize: 8,
          collapseAfter: 2,
          leastShare: 0,
        },
      },
    });
    await harness.withWorker(script, async (start) => {
      const generate = (await (await start('generate', settings.generate)).result()) as GenerateResult;
      assert.ok(teacher.calls.length >= 8, `${teacher.calls.length} requests were answered`);
      assert.deepEqual(
        [generate.stopReason, generate.requests, generate.data.rows, generate.yieldByRequest?.rows],
        ['yield-collapsed', 3, 1, 3],
      );
      const sample = await sampleSeeds(sampleInput.parse({}), { store }, unwatched);
      assert.deepEqual(await redoGeneration({ settings, sample, generate }, store, profiles, unwatched), {
        verdict: 'holds',
        detail: '1 rows of 3 requests, byte for byte from the completions of the ledger "default"',
      });
    });
  });
});
