import { entryName } from '../../artifacts/entry-name.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { artifactDigests } from '../../artifacts/uri.ts';
import { TRAININGS } from './checkpoint-pointer.ts';

/** What a run's trainings have recorded: checkpoint pointers and metrics. */
export interface TrainingRecords {
  /** its id; of a long one the beginning and the digest, as in the names of its records */
  run: string;
  /** of the checkpoints that its records name */
  digests: Set<string>;
}

/** The records of all runs, a run at a time. */
export async function listTrainings(store: ArtifactStore): Promise<TrainingRecords[]> {
  const byRun = new Map<string, TrainingRecords>();
  for (const name of await store.listEntries(TRAININGS)) {
    const run = decodeURIComponent(name.split('/')[0] ?? '');
    const records = byRun.get(run) ?? { run, digests: new Set() };
    byRun.set(run, records);
    if (!name.includes('/steps-')) continue;
    const content = await store.readEntry(`${TRAININGS}/${name}`);
    for (const digest of artifactDigests(content?.toString('utf8') ?? '')) records.digests.add(digest);
  }
  return [...byRun.values()];
}

/** Deletes what a run's trainings have recorded; not the checkpoints that the records name. */
export async function removeTraining(store: ArtifactStore, run: string): Promise<void> {
  await store.removeEntries(`${TRAININGS}/${entryName(run)}`);
}
