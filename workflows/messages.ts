import {
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  type SignalDefinition,
  setHandler,
} from '@temporalio/workflow';
import type { z } from 'zod';
import type { ControlState, Progress, SentReport, SettingsInForce } from './contracts/progress.ts';
import type { RunEvent } from './contracts/run/events.ts';
import { INTERNAL } from './contracts/run.ts';
import { GATHER_UPDATE, type NodePlace, type Rendezvous } from './contracts/train/nodes.ts';
import { TRAINING_SIGNAL, type TrainingFigures } from './contracts/train.ts';
import { readLeniently } from './decisions/start/read-leniently.ts';

/** What can be said to a running workflow, and what it says back. */

export const progressQuery = defineQuery<Progress>('progress');

/** Stops new work; what is in flight finishes. Waits for `resume` without a deadline. */
export const pauseUpdate = defineUpdate<ControlState>('pause');
export const resumeUpdate = defineUpdate<ControlState>('resume');
/** A new hard cap in dollars; continues a run that waits for money. */
export const setBudgetUpdate = defineUpdate<ControlState, [number]>('setBudget');
export const setTargetUpdate = defineUpdate<ControlState, [number]>('setTarget');
export const setConcurrencyUpdate = defineUpdate<ControlState, [number]>('setConcurrency');
/** Ends generation with what is accepted, and goes on with the steps after it. */
export const stopEarlyUpdate = defineUpdate<ControlState>('stopEarly');

/** What each kind of workflow takes. */
export const UPDATES_OF_WHAT_WAITS = [pauseUpdate, resumeUpdate];
export const UPDATES_OF_WHAT_COSTS = [...UPDATES_OF_WHAT_WAITS, setBudgetUpdate];
export const UPDATES_OF_WHAT_GENERATES = [
  ...UPDATES_OF_WHAT_COSTS,
  ...[setTargetUpdate, setConcurrencyUpdate, stopEarlyUpdate],
];

/** Parent to child: what changed. A child that is started gets the same as its second argument. */
export const controlSignal = defineSignal<[SettingsInForce]>(`${INTERNAL}control`);

/** The running shard to its workflow: how its latest step went. Some steps are reported, not all. */
export const trainingSignal = defineSignal<[TrainingFigures]>(TRAINING_SIGNAL);

/** A GPU worker to the workflow whose shard it trains with others: where it is, and it hears where they meet. */
export const gatherUpdate = defineUpdate<Rendezvous, [NodePlace]>(GATHER_UPDATE);

/** A run to what delivers its events. */
export const eventSignal = defineSignal<[RunEvent]>(`${INTERNAL}event`);

/** Child to parent: counters, and the version of the settings that it works by. */
export const reportSignal = defineSignal<[SentReport]>(`${INTERNAL}report`);

/**
 * Takes a signal of ours. Anybody can send it with any body, and from another version it may be more or less: it is
 * read leniently, and what cannot be read is ignored, with a word in the log. Nothing that is sent fails a task.
 *
 * @param take returns false where it has no use for what was sent
 */
export function takeSignal<Body>(
  signal: SignalDefinition<[Body]>,
  body: z.ZodType<Body>,
  take: (sent: Body) => unknown,
): void {
  setHandler(
    signal,
    async (sent: unknown) => {
      await afterMessages();
      const read = readLeniently(body, sent);
      if (!read.success || take(read.data) === false)
        log.warn(`The signal ${signal.name} is ignored: it is not what this program sends.`);
    },
    { description: 'Internal: between workflows of this program.' },
  );
}

/**
 * Waits until the messages that came with the same workflow task have done what they do. A signal waits for updates so:
 * the SDK hands over those that a reset brings again among the signals, as they came; but in a replay, after them. What
 * signals do after them all is the same in both, or the run could not be gone on with. Whoever sees a child end waits
 * for its last report so.
 */
export function afterMessages(): Promise<void> {
  let isLater = false;
  void Promise.resolve().then(() => {
    isLater = true;
  });
  // It is looked at again once nothing else of the task is left to be done.
  return CancellationScope.nonCancellable(() => condition(() => isLater));
}
