import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import type { TrainActivities } from '../../workflows/contracts/train-activities.ts';
import type { WrittenDigests } from '../artifacts/digest.ts';
import { toJsonLines } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { writeAdapter } from '../model/adapter/folder.ts';
import { type LoraConfig, TOKEN_ROWS } from '../model/adapter/lora.ts';
import { tensorMerger } from '../model/adapter/merge.ts';
import type { WeightsDtype } from '../model/folder/config.ts';
import { LARGEST_FLOAT16 } from '../model/folder/floats.ts';
import { locateWeights, readConfig, readWeightsDtype, type StoredWeight } from '../model/folder/folder.ts';
import type { Weight } from '../model/folder/safetensors.ts';
import { storedSource, valuesOf, type WeightSource, writeModel } from '../model/folder/write-model.ts';
import { taughtFiles } from '../tokenize/chat/taught-files.ts';
import { locateCheckpointWeights } from './checkpoint/checkpoint.ts';
import { identityDigest } from './checkpoint/identity.ts';
import { EVENT_FILE_MARK } from './event-file.ts';
import { gatherMetrics, toEventFile, toLines } from './metrics.ts';
import { gatherRounds } from './round/round-record.ts';

const EVENT_FILE_NAME = `events.out.${EVENT_FILE_MARK}.alpaca`;

/**
 * Writes a checkpoint's weights as a Hugging Face folder, in what the base is in unless `dtype` says another, and the metrics of the steps that led
 * to it. An adapter is merged into its base in f32, and also written by itself as PEFT has it. Both say how the model was
 * taught, in place of what the base said.
 */
export async function exportModel(
  { run, model, checkpoint, steps, dtype }: Parameters<TrainActivities['exportModel']>[0],
  { store }: { store: ArtifactStore },
): Promise<Awaited<ReturnType<TrainActivities['exportModel']>>> {
  const base = await store.open(model);
  const { state, weights } = await locateCheckpointWeights(await store.open(checkpoint));
  const about = { madeBy: 'train', madeFrom: { model: model.uri, checkpoint: checkpoint.uri } };

  const workspace = await store.workspace('model');
  try {
    const folder = join(workspace, 'model');
    let adapter: ArtifactReference | null = null;
    let written: WrittenDigests;
    if (state.lora) {
      const adapterFolder = join(workspace, 'adapter');
      const both = await writeBoth({ folder, adapterFolder, base, weights, lora: state.lora, dtype });
      written = both.model;
      adapter = await store.take('adapter', adapterFolder, about, 'adapter', both.adapter);
    } else {
      written = await writeLike(folder, base, new Map(sourcesOf(weights)), dtype);
    }
    const key = { run, identity: identityDigest(state.identity) };
    const metrics = await gatherMetrics(store, key, steps);
    const rounds = await gatherRounds(store, key, steps);
    return {
      model: await store.take('model', folder, about, 'model', written),
      adapter,
      metrics: await store.putFile('metrics', 'metrics.jsonl', toLines(metrics), {
        ...about,
        rows: metrics.length,
      }),
      rounds:
        rounds.length === 0
          ? null
          : await store.putFile('rounds', 'rounds.jsonl', toJsonLines(rounds), {
              ...about,
              rows: rounds.length,
            }),
      tensorBoard: await store.putFile('metrics', EVENT_FILE_NAME, toEventFile(metrics), {
        ...about,
        rows: metrics.length,
      }),
    };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

interface AdapterExport {
  folder: string;
  adapterFolder: string;
  /** the base model's folder */
  base: string;
  weights: ReadonlyMap<string, StoredWeight>;
  lora: LoraConfig;
  /** of the model; absent for the base's */
  dtype: WeightsDtype | undefined;
}

/** The adapter is in memory, of the base a tensor at a time. */
async function writeBoth({ folder, adapterFolder, base, weights, lora, dtype }: AdapterExport) {
  const { config, weights: stored } = await locateWeights(base);
  const adapter = await readWhole(weights);
  const merge = tensorMerger(config, adapter, lora);
  const merged = [...sourcesOf(stored)].map(([name, source]): [string, WeightSource] => {
    const { shape } = source;
    return [name, { shape, data: async () => merge(name, { shape, data: await valuesOf(source) }).data }];
  });
  const tokenRows = [...stored].filter(([name]) => TOKEN_ROWS.some(([matrix]) => matrix === name));
  const written = await writeAdapter(adapterFolder, {
    ...{ config, lora, weights: adapter, from: base, replace: await taughtFiles(base) },
    base: await readWhole(lora.trainedTokens.length === 0 ? [] : tokenRows),
  });
  return { adapter: written, model: await writeLike(folder, base, new Map(merged), dtype) };
}

async function writeLike(
  folder: string,
  base: string,
  weights: ReadonlyMap<string, WeightSource>,
  dtype: WeightsDtype | undefined,
): Promise<WrittenDigests> {
  return writeModel(folder, {
    ...{ config: await readConfig(base), weights, from: base },
    ...{ dtype: dtype ?? (await dtypeFor(weights, base)), replace: await taughtFiles(base) },
  });
}

function* sourcesOf(weights: Iterable<[string, StoredWeight]>): Generator<[string, WeightSource]> {
  for (const [name, stored] of weights) yield [name, storedSource(stored)];
}

async function readWhole(weights: Iterable<[string, StoredWeight]>): Promise<Map<string, Weight>> {
  const whole = new Map<string, Weight>();
  for (const [name, source] of sourcesOf(weights))
    whole.set(name, { shape: source.shape, data: await valuesOf(source) });
  return whole;
}

/** What the base is in; f32 where training made a value too large for that. */
async function dtypeFor(weights: ReadonlyMap<string, WeightSource>, base: string): Promise<WeightsDtype> {
  const dtype = await readWeightsDtype(base);
  if (dtype !== 'float16') return dtype;
  for (const weight of weights.values())
    if ((await valuesOf(weight)).some((value) => Math.abs(value) > LARGEST_FLOAT16)) return 'float32';
  return dtype;
}
