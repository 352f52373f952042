import { hash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Context } from '@temporalio/activity';
import { createGenerateActivities } from '../../../activities/generate/activities.ts';
import { createSampleActivities } from '../../../activities/sample/activities.ts';
import { disposedAfter } from '../../disposed-after.ts';
import { answerWith, temporaryStore } from '../../unit/activities/generate/generation-fixture.ts';
import { chatReply, startScriptedTeacher } from '../../unit/activities/teacher/scripted-teacher.ts';
import type { Script } from '../scripted-activities.ts';

const GENERATE = {
  ...{ teacher: 'scripted', target: 24, concurrency: 2, roundSize: 2, promptsPerRequest: 1 },
  ...{ seedTasksPerPrompt: 1, instructionsPerPrompt: 4, maxTokens: 64 },
};
/** A run of twelve requests to the teacher, two in flight. */
export const INPUT = { budgetUsd: 1, generate: GENERATE };

/** What happens before the teacher answers a request, counted from 0. */
type Meanwhile = (index: number, store: string) => Promise<void>;

/** A teacher that counts, and a run's activities: those of sampling and generation are the real ones. */
export async function countedRun(test: TestContext, meanwhile: Meanwhile = async () => {}) {
  const { store } = disposedAfter(test, await temporaryStore());
  const teacher = disposedAfter(
    test,
    await startScriptedTeacher(async ({ prompt }, index) => {
      await meanwhile(index, store.root);
      const digest = hash('sha256', prompt);
      const words = [0, 8, 16, 24].map((place) => `w${digest.slice(place, place + 8)}`).join(' ');
      return chatReply(answerWith(`Explain ${words}`, `${words.replaceAll(' ', 'x ')} described at length`));
    }),
  );
  const profiles = { names: ['scripted'], get: () => teacher.profile() };
  const real = createGenerateActivities({ store, profiles, env: {} });
  const gate = createGate();
  const answerRequest: Script['answerRequest'] = async (input) => {
    await gate.passed(input.request);
    return real.answerRequest(input);
  };
  const script = { ...createSampleActivities({ store }), ...real, answerRequest };
  return { script, teacher, gate };
}

/** Lets requests below a number through, until it is told to let more. */
function createGate() {
  let most = Number.POSITIVE_INFINITY;
  let moved = Promise.withResolvers<void>();
  const set = (number: number) => {
    most = number;
    moved.resolve();
    moved = Promise.withResolvers();
  };
  return {
    closeAt: set,
    open: () => set(Number.POSITIVE_INFINITY),
    async passed(request: number) {
      while (request >= most) await Promise.race([moved.promise, untilCancelled()]);
    },
  };
}

/** Heartbeats, so that it hears of it. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 100);
  return context.cancelled.finally(() => clearInterval(beating));
}
