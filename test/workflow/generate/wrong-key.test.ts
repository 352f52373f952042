import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { createGenerateActivities } from '../../../activities/generate/activities.ts';
import { createSampleActivities } from '../../../activities/sample/activities.ts';
import { disposedAfter } from '../../disposed-after.ts';
import { temporaryStore } from '../../unit/activities/generate/generation-fixture.ts';
import { errorReply, startScriptedTeacher } from '../../unit/activities/teacher/scripted-teacher.ts';
import type { Harness } from '../harness.ts';
import { sharedHarness } from '../shared-harness.ts';

describe('a wrong key', () => {
  let harness: Harness;
  before(async () => {
    harness = await sharedHarness();
  });

  it('fails the generate workflow within one request, naming the profile and what to set', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const teacher = disposedAfter(
      test,
      await startScriptedTeacher(() =>
        errorReply(401, { message: 'Incorrect API key provided.', code: 'invalid_api_key' }),
      ),
    );
    const profile = teacher.profile({ apiKeyVariable: 'TEST_KEY' });
    const { store } = temporary;
    const profiles = { names: [profile.name], get: () => profile };
    const { estimateGeneration, answerRequest } = createGenerateActivities({
      store,
      profiles,
      env: { TEST_KEY: 'sk-wrong' },
    });
    const { sampleSeeds } = createSampleActivities({ store });
    await harness.withWorker({ sampleSeeds, estimateGeneration, answerRequest }, async (start) => {
      const handle = await start('generate', {
        teacher: 'scripted',
        target: 1000,
        concurrency: 8,
        budgetUsd: 50,
      });
      await assert.rejects(handle.result(), (error: Error) => {
        assert.match(
          messagesOf(error),
          /The teacher "scripted" does not accept the key .*Set TEST_KEY in the worker's environment/,
        );
        return true;
      });
    });
    assert.equal(teacher.calls.length, 1);
  });
});

function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${messagesOf(error.cause)}` : '';
}
