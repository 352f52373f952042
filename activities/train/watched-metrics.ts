import { entryName } from '../artifacts/entry-name.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { TRAININGS } from './checkpoint/checkpoint-pointer.ts';
import { readMetrics, type StepMetrics } from './metrics.ts';

type Entries = Pick<ArtifactStore, 'listEntries' | 'readEntry'>;

/** Files that may still grow: of each shard of a round the latest. */
const MAY_GROW = 32;

/** Of which of the runs of a workflow id, in milliseconds since the epoch. */
export interface WithinMs {
  from: number;
  to: number;
}

/**
 * The metrics of a run's training while it goes on, in the order of its steps. Of several trainings that runs of this
 * name had, the one that made a step last in the time of this run; what it made before, it took up. Files that grow no
 * more are read once.
 *
 * @param run the id of the training's workflow
 */
export function watchMetrics(store: Entries, run: string): (within: WithinMs) => Promise<StepMetrics[]> {
  const read = new Map<string, StepMetrics[]>();
  return async ({ from, to }) => {
    const folder = `${TRAININGS}/${entryName(run)}`;
    const byTraining = new Map<string, string[]>();
    for (const name of await store.listEntries(folder)) {
      const [, training] = /^([^/]+)\/metrics\/\d+\.jsonl$/.exec(name) ?? [];
      if (training !== undefined) byTraining.set(training, [...(byTraining.get(training) ?? []), name]);
    }
    for (const names of byTraining.values())
      for (const name of names.filter((known) => !read.has(known) || names.slice(-MAY_GROW).includes(known)))
        read.set(name, readMetrics(await store.readEntry(`${folder}/${name}`)));
    const trainings = [...byTraining.values()].map((names) =>
      inOrder(names.flatMap((name) => read.get(name) ?? []).filter(({ endedAt }) => endedAt * 1000 <= to)),
    );
    const [latest = []] = trainings.sort((one, other) => lastEnd(other) - lastEnd(one));
    return lastEnd(latest) * 1000 >= from ? latest : [];
  };
}

function inOrder(metrics: readonly StepMetrics[]): StepMetrics[] {
  const bySteps = new Map(metrics.map((step) => [step.step, step]));
  return [...bySteps.values()].sort((one, other) => one.step - other.step);
}

function lastEnd(metrics: readonly StepMetrics[]): number {
  return metrics.reduce((latest, { endedAt }) => Math.max(latest, endedAt), 0);
}
