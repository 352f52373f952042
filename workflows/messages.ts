import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ChildReport, ControlState, Progress, SettingsInForce } from './contracts/progress.ts';
import { TRAINING_SIGNAL, type TrainingFigures } from './contracts/train.ts';

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

/** Parent to child: what changed. A child that is started gets the same as its second argument. */
export const controlSignal = defineSignal<[SettingsInForce]>('control');

/** The running shard to its workflow: how its latest step went. Some steps are reported, not all. */
export const trainingSignal = defineSignal<[TrainingFigures]>(TRAINING_SIGNAL);

/** Child to parent: counters, and the version of the settings that it works by. */
export const reportSignal = defineSignal<[ChildReport]>('report');
