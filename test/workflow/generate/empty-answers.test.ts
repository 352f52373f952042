import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createGenerateActivities } from '../../../activities/generate/activities.ts';
import { createSampleActivities } from '../../../activities/sample/activities.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { disposedAfter } from '../../disposed-after.ts';
import { answerWith, temporaryStore } from '../../unit/activities/generate/generation-fixture.ts';
import { chatReply, startScriptedTeacher } from '../../unit/activities/teacher/scripted-teacher.ts';
import { eventually, type Harness } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';

describe('answers without a text', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('pause a run after a handful, which says what to set, and goes on once they have one', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    let contextIsFull = true;
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher((_, index) =>
        contextIsFull
          ? chatReply('', 'length', null, { prompt_tokens: 4095, completion_tokens: 1 })
          : chatReply(answerWith(`Explain a${index} b${index} c${index} d${index}`)),
      ),
    );
    const profile = teacher.profile();
    const sources = {
      store: temporary.store,
      profiles: { names: [profile.name], get: () => profile },
      env: {},
    };
    const activities = { ...createSampleActivities(sources), ...createGenerateActivities(sources) };
    await harness.withWorker(activities, async (start) => {
      const handle = await start('generate', {
        ...{ teacher: 'scripted', target: 8, concurrency: 8, budgetUsd: 2, outageWaitSeconds: 1800 },
        ...{ seedTasksPerPrompt: 1, instructionsPerPrompt: 4 },
      });
      const { pauseKind, pauseReason } = await eventually(
        () => handle.query(progressQuery),
        ({ state }) => state === 'paused',
      );
      assert.equal(pauseKind, 'teacher');
      assert.match(
        String(pauseReason),
        /The teacher "scripted" gave \d+ answers in a row without a text: each was cut after 1 of 3072 tokens: .* longer context/,
      );
      assert.equal(teacher.calls.length, 5);
      contextIsFull = false;
      await handle.executeUpdate('resume');
      assert.ok(await handle.result());
    });
  });
});
