import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import { entryName } from '../artifacts/entry-name.ts';
import { type ArtifactStore, isStored } from '../artifacts/store.ts';
import { readPointer, recordsOfTraining, TRAININGS } from './checkpoint/checkpoint-pointer.ts';
import { gatherMetrics, type StepMetrics } from './metrics.ts';

/** What a training has left in the store so far, whether it goes on or has ended. */
export interface RunTraining {
  /** one for each step, in order */
  metrics: StepMetrics[];
  /** the checkpoints that are still there, the earliest first; `step`: updates made */
  checkpoints: { step: number; checkpoint: ArtifactReference }[];
}

/**
 * Reads it by the name of its run. Of a run that was begun anew with other data, or other settings, it is what was
 * trained last.
 */
export async function readRunTraining(store: ArtifactStore, run: string): Promise<RunTraining> {
  const names = await store.listEntries(`${TRAININGS}/${entryName(run)}`);
  const identities = new Set(names.flatMap((name) => name.split('/').slice(0, 1)));
  let latest = { identity: '', metrics: [] as StepMetrics[] };
  for (const identity of identities) {
    const metrics = await gatherMetrics(store, { run, identity }, Number.POSITIVE_INFINITY);
    if (endOf(metrics) >= endOf(latest.metrics)) latest = { identity, metrics };
  }
  if (latest.identity === '') return { metrics: [], checkpoints: [] };
  const byStep = new Map<number, ArtifactReference>();
  for (const record of await recordsOfTraining(store, { run, identity: latest.identity })) {
    const pointer = await readPointer(store, record);
    if (pointer && (await isStored(store, pointer.checkpoint))) byStep.set(pointer.step, pointer.checkpoint);
  }
  const checkpoints = [...byStep].map(([step, checkpoint]) => ({ step, checkpoint }));
  return { metrics: latest.metrics, checkpoints: checkpoints.sort((a, b) => a.step - b.step) };
}

/** Seconds since 1970; 0 where no step was made. */
function endOf(metrics: readonly StepMetrics[]): number {
  return metrics.at(-1)?.endedAt ?? 0;
}
