import { join } from 'node:path';
import type { RoundSettings } from '../../../workflows/contracts/rounds.ts';
import type { Attempt } from '../../attempt.ts';
import { initializeAdapter, type LoraConfig, TOKEN_ROWS } from '../../model/adapter/lora.ts';
import { readConfig, weightFiles } from '../../model/folder/folder.ts';
import { readHeader, readTensors, type Weight } from '../../model/folder/safetensors.ts';
import { FIRST, OUTER, SECOND, WEIGHTS } from '../checkpoint/checkpoint.ts';
import type { OuterStep, ReadValues, WeightedFile } from './merge-tensors.ts';
import { type MergeWatch, mergeMean, mergeNesterov, valuesOf } from './merge-tensors.ts';

export interface MergeSources {
  /** in the order of their steps */
  shards: readonly { folder: string; steps: number }[];
  /** the checkpoint that the round began with; null where that was the base model */
  before: { folder: string; hasMomentum: boolean } | null;
  base: { folder: string; lora: LoraConfig | null; runSeed: number };
}

/**
 * Writes into a folder what a round's shards are merged to: weights, both moments and, with Nesterov, the
 * momentum. Holds a few pieces of tensors at a time, however many shards and however large a model.
 *
 * @returns the files' digests by their names
 */
export async function mergeFiles(
  sources: MergeSources,
  { outer, outerLearningRate, outerMomentum }: RoundSettings,
  folder: string,
  attempt: Attempt,
): Promise<Record<string, string>> {
  const of = (name: string): WeightedFile[] =>
    sources.shards.map(({ folder: shard, steps }) => ({ path: join(shard, name), steps }));
  const watch = await watchOf(of(WEIGHTS), attempt);
  const weights = join(folder, WEIGHTS);
  const moments = async () => ({
    [FIRST]: await mergeMean(of(FIRST), join(folder, FIRST), watch),
    [SECOND]: await mergeMean(of(SECOND), join(folder, SECOND), watch),
  });
  if (outer === 'average')
    return { [WEIGHTS]: await mergeMean(of(WEIGHTS), weights, watch), ...(await moments()) };
  const step: OuterStep = { learningRate: outerLearningRate, momentum: outerMomentum };
  const targets = { weights, momentum: join(folder, OUTER) };
  const written = await mergeNesterov(of(WEIGHTS), await beginning(sources), step, targets, watch);
  return { [WEIGHTS]: written.weights, ...(await moments()), [OUTER]: written.momentum };
}

/** The weights that the round began with, and the momentum of the round before it, where there was one. */
async function beginning({
  before,
  base,
}: MergeSources): Promise<{ weights: ReadValues; momentum: ReadValues | null }> {
  if (before) {
    return {
      weights: await valuesOf([join(before.folder, WEIGHTS)]),
      momentum: before.hasMomentum ? await valuesOf([join(before.folder, OUTER)]) : null,
    };
  }
  const { folder, lora, runSeed } = base;
  if (lora === null) return { weights: await valuesOf(await weightFiles(folder)), momentum: null };
  const rows = await tokenRows(folder, lora);
  const adapter = initializeAdapter(await readConfig(folder), rows, lora, runSeed);
  return {
    weights: async ({ name }, start, length) =>
      (adapter.get(name)?.data ?? new Float32Array()).subarray(start, start + length),
    momentum: null,
  };
}

/** The base's matrices that rows of added tokens begin as; none where no token was added. */
async function tokenRows(folder: string, { trainedTokens }: LoraConfig): Promise<Map<string, Weight>> {
  const found = new Map<string, Weight>();
  if (trainedTokens.length === 0) return found;
  const names = new Set<string>(TOKEN_ROWS.map(([matrix]) => matrix));
  for (const file of await weightFiles(folder)) {
    for await (const { name, ...weight } of readTensors(file, (entry) => names.has(entry.name)))
      found.set(name, weight);
  }
  return found;
}

/** Reports how many of the values of all three files are merged. */
async function watchOf([first]: readonly WeightedFile[], { signal, report }: Attempt): Promise<MergeWatch> {
  const entries = first ? await readHeader(first.path) : [];
  const total = 3 * entries.reduce((sum, { bytes }) => sum + bytes / 4, 0);
  let done = 0;
  return {
    signal,
    merged(values) {
      done += values;
      report({ done, total, unit: 'values', note: 'merging the round' });
    },
  };
}
