import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unwatched } from '../../activities/attempt.ts';
import type { NumberedExample } from '../../activities/model/example.ts';
import { initializeWeights } from '../../activities/model/folder/initialize.ts';
import { readTensors, type Weight, writeTensors } from '../../activities/model/folder/safetensors.ts';
import { TracedPasses } from '../../activities/model/llama/traced-pass.ts';
import {
  type Checkpoint,
  FIRST,
  readMoments,
  readState,
  WEIGHTS,
  writeCheckpoint,
} from '../../activities/train/checkpoint/checkpoint.ts';
import { NOTHING_MEASURED } from '../../activities/train/early-stopping.ts';
import { type BatchPlan, planBatches } from '../../activities/train/plan/plan.ts';
import { type MergeStart, mergeDifferences, valuesOf } from '../../activities/train/round/merge-tensors.ts';
import { DIFFERENCE, readRecord, readUpdate, writeUpdate } from '../../activities/train/round/update.ts';
import { Trainer } from '../../activities/train/trainer.ts';
import type { Round, RoundSettings, ShardOfRound } from '../../workflows/contracts/rounds.ts';
import { roundSettingsOf, type TrainingSettings } from '../../workflows/contracts/train-activities.ts';
import { roundsAfter, shardsOf } from '../../workflows/decisions/rounds.ts';
import { CONFIG } from './task.ts';

/** One training, in this process: the product's trainer, updates and merges, without a store or a child process. */
export interface Rehearsal {
  /** of held-out rows, nats per target token */
  loss: number;
  rounds: number;
  /** bytes of one shard's difference, and of the merged one, over parameters */
  bytesUp: number;
  bytesDown: number;
}

export async function rehearse(
  settings: TrainingSettings,
  base: Map<string, Weight>,
  rows: readonly NumberedExample[],
  heldOut: readonly NumberedExample[],
  folder: string,
): Promise<Rehearsal> {
  const plan = planOf(settings, rows);
  const place = await mkdtemp(join(folder, 'rehearsal-'));
  try {
    const training = new Training(settings, base, rows, plan, place);
    const several = roundSettingsOf(settings);
    if (several !== null) {
      for (const round of roundsAfter(0, plan.totalSteps, several)) await training.round(round, several);
    }
    return await training.figures(heldOut);
  } finally {
    await rm(place, { recursive: true });
  }
}

/** What one worker makes of fresh weights. */
export function pretrain(settings: TrainingSettings, rows: readonly NumberedExample[]): Map<string, Weight> {
  const trainer = new Trainer({
    model: { config: CONFIG, weights: initializeWeights(CONFIG, settings.runSeed) },
    ...{ rows, plan: planOf(settings, rows), settings, lora: null },
    ...{ identity: IDENTITY, checkpoint: null, passes: PASSES },
  });
  for (let step = 0; step < rows.length / settings.globalBatch; step += 1) trainer.runStep();
  const { weights } = trainer.checkpoint(NOTHING_MEASURED);
  trainer.destroy();
  return weights;
}

function planOf(
  { runSeed, globalBatch, microBatch }: TrainingSettings,
  rows: readonly NumberedExample[],
): BatchPlan {
  const lengths = rows.map(({ inputIds }) => inputIds.length);
  return planBatches({ seed: runSeed, lengths, epochs: 1, globalBatch, microBatch, shardsPerEpoch: 1 });
}

class Training {
  readonly #settings: TrainingSettings;
  readonly #rows: readonly NumberedExample[];
  readonly #plan: BatchPlan;
  readonly #folder: string;
  readonly #base: Map<string, Weight>;
  #start: { path: string; checkpoint: Checkpoint | null };
  #momentum: string | null = null;
  #lost: string | null = null;
  #records: (string | null)[] = [];
  #rounds = 0;
  #bytes = { up: 0, down: 0 };

  constructor(
    settings: TrainingSettings,
    base: Map<string, Weight>,
    rows: readonly NumberedExample[],
    plan: BatchPlan,
    folder: string,
  ) {
    this.#settings = settings;
    this.#rows = rows;
    this.#plan = plan;
    this.#folder = folder;
    this.#base = base;
    this.#start = { path: join(folder, 'base.safetensors'), checkpoint: null };
  }

  async round(round: Round, settings: RoundSettings): Promise<void> {
    const { outer, outerLearningRate, outerMomentum, roundUpdate, roundWeights } = settings;
    const folder = join(this.#folder, String(this.#rounds));
    await mkdir(folder, { recursive: true });
    if (this.#rounds === 0)
      await writeTensors(this.#start.path, this.#base, { dtype: 'F32', metadata: { format: 'pt' } });
    const updates = [];
    for (const [worker, { fromStep, toStep }] of shardsOf(round).entries())
      updates.push(await this.#shard({ fromStep, round }, toStep, worker, join(folder, String(worker))));
    const states = await Promise.all(updates.map(readUpdate));
    const files = updates.map((path, shard) => ({
      path: join(path, DIFFERENCE),
      weight: roundWeights === 'equal' ? 1 : (states[shard]?.targets ?? 0),
    }));
    const start: MergeStart = {
      weights: await valuesOf([this.#start.path]),
      momentum: this.#momentum === null ? null : await valuesOf([this.#momentum]),
      lost: this.#lost,
    };
    const targets = {
      weights: join(folder, WEIGHTS),
      difference: join(folder, DIFFERENCE),
      momentum: join(folder, 'momentum'),
      lost: join(folder, 'lost'),
    };
    const step = outer === 'average' ? null : { learningRate: outerLearningRate, momentum: outerMomentum };
    const merged = await mergeDifferences(
      { files, tensors: states[0]?.tensors ?? [], encoding: roundUpdate },
      start,
      step,
      targets,
      { signal: unwatched.signal, merged() {} },
    );
    this.#bytes.up += (await stat(files[0]?.path ?? '')).size;
    this.#bytes.down += (await stat(targets.difference)).size;
    this.#momentum = merged.momentum && targets.momentum;
    this.#lost = merged.lost && targets.lost;
    this.#rounds += 1;
    this.#start = {
      path: targets.weights,
      checkpoint: await checkpointOf(targets.weights, round, join(folder, '0', 'ended')),
    };
  }

  async figures(heldOut: readonly NumberedExample[]): Promise<Rehearsal> {
    const trainer = this.#trainer(this.#start.checkpoint, null);
    // One worker makes all steps here.
    while (this.#rounds === 0 && trainer.step < this.#plan.totalSteps) trainer.runStep();
    const loss = await trainer.lossOf(heldOut);
    trainer.destroy();
    const parameters = [...this.#base.values()].reduce((sum, { data }) => sum + data.length, 0);
    const each = (bytes: number) => (this.#rounds === 0 ? 0 : bytes / this.#rounds / parameters);
    return { loss, rounds: this.#rounds, bytesUp: each(this.#bytes.up), bytesDown: each(this.#bytes.down) };
  }

  async #shard(shard: ShardOfRound, toStep: number, worker: number, folder: string): Promise<string> {
    const record = this.#records[worker] ?? null;
    const trainer = this.#trainer(await withMoments(this.#start.checkpoint, record), shard);
    while (trainer.step < toStep) trainer.runStep();
    const [ended, update, left] = ['ended', 'update', 'record'].map((name) => join(folder, name));
    if (!ended || !update || !left) throw new RangeError('three names');
    await mkdir(folder);
    await writeCheckpoint(ended, trainer.checkpoint(NOTHING_MEASURED));
    trainer.destroy();
    const written = await writeUpdate(
      {
        ...{ ended, record, encoding: this.#settings.roundUpdate, tokensBefore: 0 },
        keepsMoments: this.#settings.roundMoments === 'keep',
        start: { weights: await valuesOf([this.#start.path]), digest: '' },
      },
      { update, record: left },
    );
    this.#records[worker] = written.record && left;
    return update;
  }

  #trainer(checkpoint: Checkpoint | null, shard: ShardOfRound | null): Trainer {
    return new Trainer({
      model: { config: CONFIG, weights: this.#base },
      rows: this.#rows,
      plan: this.#plan,
      settings: this.#settings,
      lora: null,
      identity: IDENTITY,
      checkpoint,
      shard,
      passes: PASSES,
    });
  }
}

/** What a round is merged to, as the next one takes it; the rest of its state is of no matter. */
async function checkpointOf(path: string, { toStep }: Round, ended: string): Promise<Checkpoint> {
  const weights = new Map<string, Weight>();
  for await (const { name, ...weight } of readTensors(path)) weights.set(name, weight);
  const { shard: _shard, ...state } = await readState(ended);
  return { state: { ...state, step: toStep, updates: 0, targets: 0 }, weights, moments: null };
}

/** A graph takes longer to make than a shard of this size to train. */
const PASSES = new TracedPasses();

const IDENTITY = {
  ...{ model: '', tokens: '', plan: '', settings: {} },
  parts: { config: '', tokenizer: '', base: '' },
};

async function withMoments(checkpoint: Checkpoint | null, record: string | null): Promise<Checkpoint | null> {
  if (checkpoint === null || record === null) return checkpoint;
  const { updates, files } = await readRecord(record);
  if (!(FIRST in files)) return checkpoint;
  return { ...checkpoint, state: { ...checkpoint.state, updates }, moments: await readMoments(record) };
}
