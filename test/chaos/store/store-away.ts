import assert from 'node:assert/strict';
import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { createLocalStore } from '../../../activities/artifacts/stores/local-store.ts';
import { buildCorpus } from '../../../bench/dedupe/corpus.ts';
import type { ArtifactReference } from '../../../workflows/contracts/data.ts';
import type { DedupeResult } from '../../../workflows/contracts/dedupe.ts';
import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import { type Processes, startProcesses } from '../../processes.ts';
import { answered, entriesOf } from '../generation-stops.ts';
import { failedWorkflowTasks, inFlight, until } from '../in-flight.ts';
import { STEADY_TEACHER } from '../steady-teacher.ts';

export interface AbsencePlan {
  /** how long the store is away, at least: until both runs have met it */
  awayMs: number;
  /** instructions to generate */
  target: number;
  /** rows to dedupe beside it */
  rows: number;
  /** true: the worker stops in order before, and another starts while the store is away */
  newWorker: boolean;
}

export interface AbsenceFigures {
  awaySeconds: number;
  undisturbed: Outcome;
  disturbed: Outcome;
  /** answers that the teacher gave to the disturbed generation, and those of them in its ledger */
  paid: number;
  kept: number;
  /** what was written where the store is mounted while it was not */
  strays: string[];
  failedWorkflowTasks: number;
}

interface Outcome {
  generated: string;
  lost: number;
  costUsd: number;
  deduped: string;
  rejected: number;
}

/**
 * A generation and a dedupe in the midst of which their store goes away, as an unmounted folder does: its mount
 * point is there, and empty. Before that, both undisturbed.
 */
export async function runOverAbsence({
  awayMs,
  target,
  rows,
  newWorker,
}: AbsencePlan): Promise<AbsenceFigures> {
  const processes = await startProcesses({ teacher: STEADY_TEACHER });
  try {
    await processes.start('data-worker');
    const runs = await startingRuns(processes, target, rows);
    const undisturbed = await outcomeOf(await runs.generate('undisturbed'), await runs.dedupe('undisturbed'));
    const before = (await answered(processes)).length;
    // It answers differently who asks the same again, and a new one has been asked nothing.
    await processes.kill('teacher');
    await processes.start('teacher');

    const generation = await runs.generate('disturbed');
    await until(async () => (await answered(processes)).length >= before + 4);
    const dedupe = await runs.dedupe('disturbed');
    await until(() => inFlight(dedupe, 'findPairs'));
    if (newWorker) assert.equal(await processes.terminate('data-worker'), 0);
    const store = await takeAway(join(processes.folder, 'store'));
    const leftAt = performance.now();
    if (newWorker) await processes.start('data-worker');
    await until(() => isMissed(dedupe));
    // A worker that was there before keeps in memory what it was answered, and asks for nothing more.
    if (newWorker) await until(() => isMissed(generation));
    await sleep(Math.max(0, awayMs - (performance.now() - leftAt)));
    const strays = await store.bringBack();
    const awaySeconds = (performance.now() - leftAt) / 1000;

    const disturbed = await outcomeOf(generation, dedupe);
    return {
      awaySeconds,
      undisturbed,
      disturbed,
      paid: (await answered(processes)).length - before,
      kept: (await entriesOf(processes, 'disturbed')).length,
      strays,
      failedWorkflowTasks: await failedWorkflowTasks(processes.client),
    };
  } finally {
    await processes.stop();
  }
}

/** What must hold however long it was away. */
export function assertUndisturbed(figures: AbsenceFigures): void {
  const { undisturbed, disturbed, paid, kept, strays, failedWorkflowTasks } = figures;
  assert.deepEqual(disturbed, undisturbed);
  assert.equal(disturbed.lost, 0);
  assert.equal(paid, kept, 'nothing is paid for twice, and all of it is kept');
  assert.deepEqual(strays, []);
  assert.equal(failedWorkflowTasks, 0);
}

async function startingRuns({ client, folder }: Processes, target: number, rows: number) {
  const data = await storeRows(join(folder, 'store'), rows);
  const start = (type: string, name: string, input: object) =>
    client.workflow.start(type, { taskQueue: 'alpaca', workflowId: `${type}-${name}`, args: [input] });
  const settings = { target, concurrency: 8, roundSize: 4, promptsPerRequest: 1 };
  return {
    /** Each has a ledger of its own: the second asks for everything again. */
    generate: (name: string) => start('generate', name, { ...settings, ledger: name }),
    dedupe: (name: string) => start('dedupe', name, { data, partitions: 4 }),
  };
}

async function storeRows(root: string, count: number): Promise<ArtifactReference> {
  const instructions = buildCorpus({ rows: count, nearDuplicates: count / 20, atThreshold: 0 });
  const lines = instructions.map((instruction) => JSON.stringify({ instruction, input: '', output: 'x' }));
  const store = createLocalStore({ root });
  return store.putFile('rows', 'rows.jsonl', `${lines.join('\n')}\n`, { rows: count, madeBy: 'test' });
}

async function outcomeOf(generation: WorkflowHandle, dedupe: WorkflowHandle): Promise<Outcome> {
  const { data: generated, lost, costUsd }: GenerateResult = await generation.result();
  const { data: deduped, rejected }: DedupeResult = await dedupe.result();
  return {
    ...{ generated: generated.sha256, lost, costUsd },
    ...{ deduped: deduped.sha256, rejected: rejected.rows },
  };
}

/** As unmounting does: what is open stays open, and the mount point is left behind. */
async function takeAway(store: string) {
  const elsewhere = `${store}-elsewhere`;
  await rename(store, elsewhere);
  await mkdir(store);
  return {
    /** @returns the names of what was written meanwhile in its place */
    async bringBack(): Promise<string[]> {
      const strays = await readdir(store, { recursive: true });
      if (strays.length === 0) {
        await rmdir(store);
        await rename(elsewhere, store);
      }
      return strays;
    },
  };
}

/** True once an attempt has failed since the store is away, or a run has ended. */
async function isMissed(handle: WorkflowHandle): Promise<boolean> {
  const { raw, status } = await handle.describe();
  if (status.name !== 'RUNNING') return true;
  return (raw.pendingActivities ?? []).some(
    ({ lastFailure }) => lastFailure?.applicationFailureInfo?.type === 'StoreAway',
  );
}
