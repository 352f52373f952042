import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createGenerateActivities } from '../../../../activities/generate/activities.ts';
import type { GenerateActivities } from '../../../../workflows/contracts/generate-activities.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { chatReply, errorReply, type Reply, startScriptedTeacher } from '../teacher/scripted-teacher.ts';
import { answerWith, openSmallRun, temporaryStore } from './generation-fixture.ts';

describe('the generation activities', () => {
  it('estimate, answer, accept and gather, by references alone', async (test) => {
    const set = disposedAfter(
      test,
      await setUp(() => chatReply(answerWith('Explain how bread dough rises'))),
    );
    const { activities, settings } = set;
    const estimate = await set.inActivity(() =>
      activities.estimateGeneration({ settings, target: 1, threshold: 0.7, concurrency: 8 }),
    );
    assert.equal(estimate.requests, 1);
    const answered = await set.inActivity(() =>
      activities.answerRequest({ settings, request: 0, asking: 0 }),
    );
    assert.equal(answered.sent, 2);
    const round = await set.inActivity(() =>
      activities.acceptRound({
        settings,
        threshold: 0.7,
        tokenization: 'rouge',
        firstRequest: 0,
        requests: 1,
        pool: null,
        target: 1,
        collapseAfter: 50,
        emptyRequests: 0,
        seconds: null,
      }),
    );
    assert.equal(round.outcome, 'target');
    const { data } = await set.inActivity(() =>
      activities.gatherAccepted({ pool: round.pool, selfInstruct: null }),
    );
    assert.equal(data.rows, 1);
  });

  it('count an answer as paid by every attempt at one asking of one run, and by no other', async (test) => {
    const set = disposedAfter(
      test,
      await setUp((index) => (index === 1 ? errorReply(503, { message: 'Oops.' }) : chatReply('ok'))),
    );
    const { activities, settings } = set;
    const answer = (asking: number) => () => activities.answerRequest({ settings, request: 0, asking });
    await assert.rejects(set.inActivity(answer(0)));
    assert.equal((await set.inActivity(answer(0), 2)).sent, 2);
    assert.equal((await set.inActivity(answer(1))).sent, 0);
    assert.equal((await set.inActivity(answer(0), 1, 'another-run')).sent, 0);
  });

  it('turn a teacher’s failure into a Temporal one, with when to try again', async (test) => {
    const set = disposedAfter(
      test,
      await setUp(() => errorReply(429, { message: 'Slow down.' }, { 'retry-after': '9' })),
    );
    const { activities, settings } = set;
    const failed = set.inActivity(() => activities.answerRequest({ settings, request: 0, asking: 0 }));
    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof ApplicationFailure);
      assert.equal(error.type, 'RateLimited');
      assert.equal(error.nonRetryable, false);
      assert.equal(error.nextRetryDelay, 9000);
      return true;
    });
  });
});

async function setUp(reply: (index: number) => Reply) {
  const temporary = await temporaryStore();
  const { store } = temporary;
  const teacher = await startScriptedTeacher((_, index) => reply(index));
  const profile = teacher.profile();
  const { settings } = await openSmallRun(store, profile);
  const profiles = { names: [profile.name], get: () => profile };
  const activities: GenerateActivities = createGenerateActivities({ store, profiles, env: {} });
  return {
    activities,
    settings,
    inActivity<Result>(work: () => Promise<Result>, attempt = 1, runId = 'run'): Promise<Result> {
      const logger = new DefaultLogger('ERROR');
      const workflowExecution = { workflowId: 'generate', runId };
      return new MockActivityEnvironment({ attempt, workflowExecution }, { logger }).run(work);
    },
    async [Symbol.asyncDispose]() {
      await teacher[Symbol.asyncDispose]();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
