import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { type Attempt, unwatched } from '../../../../activities/attempt.ts';
import type { LlamaConfig } from '../../../../activities/model/folder/config.ts';
import { writeModel } from '../../../../activities/model/folder/write-model.ts';
import type { ModelParts } from '../../../../activities/train/checkpoint/identity.ts';
import { planTraining } from '../../../../activities/train/plan/plan-training.ts';
import { KeptProcess } from '../../../../activities/train/process/process.ts';
import { trainShard } from '../../../../activities/train/shard.ts';
import type { ArtifactReference } from '../../../../workflows/contracts/data.ts';
import type { StepProgress } from '../../../../workflows/contracts/progress.ts';
import type { TrainingSettings, TrainShardInput } from '../../../../workflows/contracts/train-activities.ts';
import { raggedExamples, randomWeights, tinyConfig } from '../model/tiny-model.ts';
import { writeTokens } from '../tokenize/write-tokens.ts';

/** Of a model folder that nobody looks at. */
export const PARTS: ModelParts = { config: 'c', tokenizer: 'k', base: 'b' };

export interface Training {
  store: ArtifactStore;
  model: ArtifactReference;
  tokens: ArtifactReference;
  addedTokens: string[];
  /** 0: an attempt that is ended is killed at once. Tests of what it saves where it is let say how long it has */
  saveWithinMs: number;
  /** of the shards of rounds: one after another in one process */
  kept: KeptProcess | null;
}

/**
 * A store with a tiny base model and 20 tokenized rows: 5 steps an epoch. In a folder of its own, which is
 * removed with the test, or in one that is given.
 */
export async function tinyTraining(
  test: TestContext,
  change: Partial<LlamaConfig> = {},
  given?: string,
): Promise<Training> {
  const root = given ?? (await mkdtemp(join(tmpdir(), 'alpaca-train-')));
  if (given === undefined) test.after(() => rm(root, { recursive: true, force: true }));
  const kept = new KeptProcess();
  test.after(() => kept.end());
  const store = createLocalStore({ root });
  const config = { ...tinyConfig, ...change };
  await writeModel(join(root, 'base'), { config, weights: randomWeights(config, 1), from: null });
  const lengths = Array.from({ length: 20 }, (_, row) => 4 + ((row * 7) % 29));
  const examples = raggedExamples(config.vocabSize, lengths, 9);
  await writeTokens(
    join(root, 'tokens.parquet'),
    examples.map((example, row) => ({ row: 100 + row, ...example })),
  );
  return {
    store,
    model: await store.take('model', join(root, 'base'), { madeBy: 'test' }, 'model'),
    tokens: await store.take('tokens', join(root, 'tokens.parquet'), { madeBy: 'test', rows: 20 }),
    addedTokens: [],
    saveWithinMs: 0,
    kept,
  };
}

/** Ten rows that training never sees, of random tokens: learning the others soon makes their loss worse. */
export async function heldOutTokens({ store }: Training): Promise<ArtifactReference> {
  const lengths = Array.from({ length: 10 }, (_, row) => 6 + row);
  const examples = raggedExamples(tinyConfig.vocabSize, lengths, 77);
  const path = join(store.root, 'held-out.parquet');
  await writeTokens(
    path,
    examples.map((example, row) => ({ row: 200 + row, ...example })),
  );
  return store.take('tokens', path, { madeBy: 'test', rows: 10 });
}

/** The whole run as one shard. */
export async function shardInput(
  { store, model, tokens, addedTokens }: Training,
  settings: TrainingSettings,
  run: string,
): Promise<TrainShardInput> {
  const { plan, totalSteps } = await planTraining({ settings, model, tokens, addedTokens }, { store });
  return {
    settings,
    run,
    model,
    tokens,
    plan,
    totalSteps,
    fromStep: 0,
    toStep: totalSteps,
    checkpoint: null,
    ...{ round: null, record: null, heldOutTokens: null, best: null },
    addedTokens,
  };
}

/** Trains all shards, and gives the last checkpoint. */
export async function trainAll(
  training: Training,
  settings: TrainingSettings,
  run: string,
): Promise<ArtifactReference> {
  const { model, tokens, addedTokens } = training;
  const { plan, totalSteps, boundaries } = await planTraining(
    { settings, model, tokens, addedTokens },
    training,
  );
  let checkpoint: ArtifactReference | null = null;
  for (const [shard, toStep] of boundaries.slice(1).entries()) {
    const fromStep = boundaries[shard] ?? 0;
    const input = {
      settings,
      run,
      model,
      tokens,
      plan,
      totalSteps,
      fromStep,
      toStep,
      checkpoint,
      ...{ round: null, record: null, heldOutTokens: null, best: null },
      addedTokens,
    };
    ({ checkpoint } = await trainShard(input, training, unwatched, 1));
  }
  if (checkpoint === null) throw new RangeError('a plan has at least one shard');
  return checkpoint;
}

export function watched(reports: StepProgress[], signal = new AbortController().signal): Attempt {
  return { signal, report: (progress) => reports.push(progress) };
}

/** An attempt whose process is killed while a step after this one is under way. */
export function killAt(step: number, reports: StepProgress[]): Attempt {
  const controller = new AbortController();
  const attempt = watched(reports, controller.signal);
  return {
    ...attempt,
    report: (progress) => {
      attempt.report(progress);
      if (progress.done === step) controller.abort(new Error('killed'));
    },
  };
}
