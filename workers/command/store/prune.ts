import { entryName } from '../../../activities/artifacts/entry-name.ts';
import { readRunIndex } from '../../../activities/artifacts/run-index.ts';
import type { ArtifactManifest, ArtifactStore, Remains } from '../../../activities/artifacts/store.ts';
import { divideByReference } from '../../../activities/artifacts/unreferenced.ts';
import { listTrainings, removeTraining } from '../../../activities/train/checkpoint/training-records.ts';
import { listFiles } from '../../serve/files/uploaded-files.ts';
import { connect } from '../connection.ts';
import { findEnvironment } from '../environment.ts';
import { UsageError } from '../outcome.ts';
import { openStore } from '../place.ts';
import type { Terminal } from '../terminal.ts';
import { type RunReferences, readRunReferences } from './run-references.ts';

const DAY_MS = 86_400_000;

export interface PruneOptions {
  /** without it nothing is deleted */
  delete?: boolean;
  /** in days: what is younger stays */
  olderThan: string;
}

/**
 * `alpaca prune`: shows what no run refers to, and deletes it where that is asked for. Runs are those that
 * the Temporal server still knows, and those that the store has records of: of these stays what they were given and
 * what they came to. A release stays with all that it was made from, whoever knows its run.
 * The response ledger and the vectors are never touched: they are paid for.
 */
export async function prune(
  { delete: isAsked = false, olderThan }: PruneOptions,
  terminal: Terminal,
): Promise<void> {
  const days = Number(olderThan);
  if (!(days >= 0)) throw new UsageError(`--older-than takes a number of days, not ${olderThan}.`);
  const environment = await findEnvironment();
  const client = await connect(environment);
  const onServer = await readRunReferences(client).finally(() => client.connection.close());
  const store = openStore(environment?.store);
  const { runs, unreadable } = await withRecorded(onServer, store);
  for (const name of unreadable)
    terminal.say(`${store.root}/${name} cannot be read as the record of a run; what its text names is kept`);
  const before = Date.now() - days * DAY_MS;
  const found = await findPrunable(store, runs, before);
  if (isAsked) await deletePrunable(store, found);
  // What is younger may be a part of what is being stored: without it an artifact would lack its bytes.
  const remains = await store.sweep(Math.min(before, Date.now() - DAY_MS), isAsked);
  const summary = { store: store.root, deleted: isAsked, runs: runs.workflowIds.size, ...found, remains };
  terminal.result(summary, textOf(found, remains, isAsked, summary.runs));
}

/** What the server's runs refer to, and what the runs that the store has records of do. */
export async function withRecorded(
  { workflowIds, digests }: RunReferences,
  store: ArtifactStore,
): Promise<{ runs: RunReferences; unreadable: string[] }> {
  const index = await readRunIndex(store);
  const recorded = index.records.map(({ workflowId }) => workflowId);
  return {
    runs: {
      workflowIds: new Set([...workflowIds, ...recorded]),
      digests: new Set([...digests, ...index.digests]),
    },
    unreadable: index.unreadable,
  };
}

export interface Prunable {
  artifacts: ArtifactManifest[];
  /** ids of forgotten runs whose records of training are not needed either */
  trainings: string[];
}

/** What of a store neither a run, nor a release, nor an uploaded file, nor anything young refers to. */
export async function findPrunable(
  store: ArtifactStore,
  { workflowIds, digests }: RunReferences,
  youngerThan: number,
): Promise<Prunable> {
  const roots = new Set(digests);
  for (const { artifact } of await listFiles(store)) roots.add(artifact.sha256);
  const trainings = await listTrainings(store);
  // A training is a run of its own, or a step that is named after its run.
  const names = new Set([...workflowIds].flatMap((id) => [entryName(id), entryName(`${id}/train`)]));
  const isKnown = ({ run }: { run: string }) => names.has(entryName(run));
  const known = trainings.filter(isKnown);
  for (const training of known) for (const digest of training.digests) roots.add(digest);
  const { kept, unreferenced } = await divideByReference(store, { roots, youngerThan });
  // A forgotten run's records go with the checkpoints that they point to, and not before.
  const forgotten = trainings.filter(
    (training) => !isKnown(training) && ![...training.digests].some((digest) => kept.has(digest)),
  );
  return { artifacts: unreferenced, trainings: forgotten.map(({ run }) => run) };
}

/** Records before what they point to: whatever interrupts this, none points to nothing. */
export async function deletePrunable(
  store: ArtifactStore,
  { artifacts, trainings }: Prunable,
): Promise<void> {
  for (const run of trainings) await removeTraining(store, run);
  for (const { reference } of artifacts) await store.remove(reference);
}

function textOf(
  { artifacts, trainings }: Prunable,
  { names, bytes: ofRemains }: Remains,
  isDeleted: boolean,
  runs: number,
): string {
  if (artifacts.length === 0 && trainings.length === 0 && names.length === 0)
    return `There is nothing to prune: the ${runs} runs that the server or the store knows, releases and what is young refer to all there is.`;
  const bytes = artifacts.reduce((sum, { reference }) => sum + reference.bytes, ofRemains);
  const lines = artifacts.map(
    ({ createdAt, reference }) =>
      `${createdAt}  ${String(reference.bytes).padStart(12)} bytes  ${reference.uri}`,
  );
  const records = trainings.map((run) => `records of the training ${run}`);
  const remains = names.map((name) => `left by a writer that was killed  ${name}`);
  const what = `${artifacts.length} artifacts and ${names.length} remains, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const last = isDeleted
    ? `Deleted ${what}.`
    : `${what} that no run refers to. Nothing is deleted yet: --delete deletes them.`;
  return [...lines, ...records, ...remains, last].join('\n');
}
