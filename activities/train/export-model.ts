import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import type { TrainActivities } from '../../workflows/contracts/train-activities.ts';
import type { WrittenDigests } from '../artifacts/digest.ts';
import { toJsonLines } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { writeAdapter } from '../model/adapter/folder.ts';
import type { LoraConfig } from '../model/adapter/lora.ts';
import { mergeAdapter } from '../model/adapter/merge.ts';
import type { WeightsDtype } from '../model/folder/config.ts';
import { LARGEST_FLOAT16 } from '../model/folder/floats.ts';
import { readConfig, readModel, readWeightsDtype, writeModel } from '../model/folder/folder.ts';
import type { Weight } from '../model/folder/safetensors.ts';
import { taughtFiles } from '../tokenize/chat/taught-files.ts';
import { readCheckpointWeights } from './checkpoint/checkpoint.ts';
import { identityDigest } from './checkpoint/identity.ts';
import { EVENT_FILE_MARK } from './event-file.ts';
import { gatherMetrics, toEventFile, toLines } from './metrics.ts';
import { gatherRounds } from './round/round-record.ts';

const EVENT_FILE_NAME = `events.out.${EVENT_FILE_MARK}.alpaca`;

/**
 * Writes a checkpoint's weights as a Hugging Face folder, in what the base is in, and the metrics of the steps that led
 * to it. An adapter is merged into its base in f32, and also written by itself as PEFT has it. Both say how the model was
 * taught, in place of what the base said.
 */
export async function exportModel(
  { run, model, checkpoint, steps }: Parameters<TrainActivities['exportModel']>[0],
  { store }: { store: ArtifactStore },
): Promise<Awaited<ReturnType<TrainActivities['exportModel']>>> {
  const base = await store.open(model);
  const { state, weights } = await readCheckpointWeights(await store.open(checkpoint));
  const about = { madeBy: 'train', madeFrom: { model: model.uri, checkpoint: checkpoint.uri } };

  const workspace = await store.workspace('model');
  try {
    const folder = join(workspace, 'model');
    let adapter: ArtifactReference | null = null;
    let written: WrittenDigests;
    if (state.lora) {
      const adapterFolder = join(workspace, 'adapter');
      const both = await writeBoth({ folder, adapterFolder, base, weights, lora: state.lora });
      written = both.model;
      adapter = await store.take('adapter', adapterFolder, about, 'adapter', both.adapter);
    } else {
      written = await writeModel(folder, {
        ...{ config: await readConfig(base), weights, from: base },
        ...{ dtype: await dtypeFor(weights, base), replace: await taughtFiles(base) },
      });
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
  weights: ReadonlyMap<string, Weight>;
  lora: LoraConfig;
}

async function writeBoth({ folder, adapterFolder, base, weights, lora }: AdapterExport) {
  const { config, weights: baseWeights } = await readModel(base);
  const replace = await taughtFiles(base);
  const taught = { from: base, replace };
  const adapter = await writeAdapter(adapterFolder, { config, lora, weights, base: baseWeights, ...taught });
  const merged = mergeAdapter(config, baseWeights, weights, lora);
  const dtype = await dtypeFor(merged, base);
  return { adapter, model: await writeModel(folder, { config, weights: merged, dtype, ...taught }) };
}

/** What the base is in; f32 where training made a value too large for that. */
async function dtypeFor(weights: ReadonlyMap<string, Weight>, base: string): Promise<WeightsDtype> {
  const dtype = await readWeightsDtype(base);
  const isTooLarge = ({ data }: Weight) => data.some((value) => Math.abs(value) > LARGEST_FLOAT16);
  return dtype === 'float16' && [...weights.values()].some(isTooLarge) ? 'float32' : dtype;
}
