import { join } from 'node:path';
import { initializeAdapter, type LoraConfig, TOKEN_ROWS } from '../../model/adapter/lora.ts';
import { readConfig, weightFiles } from '../../model/folder/folder.ts';
import { readTensors, type Weight } from '../../model/folder/safetensors.ts';
import { WEIGHTS } from '../checkpoint/checkpoint.ts';
import { type ReadValues, valuesOf } from './merge-tensors.ts';

/** The base model, and what of it is trained. */
export interface Base {
  folder: string;
  /** null where all weights are trained */
  lora: LoraConfig | null;
  runSeed: number;
}

/**
 * The weights that a round begins with, which its differences are differences to.
 *
 * @param checkpoint its folder; null where the round begins with the base model
 */
export async function startOfRound(checkpoint: string | null, base: Base): Promise<ReadValues> {
  if (checkpoint !== null) return valuesOf([join(checkpoint, WEIGHTS)]);
  const { folder, lora, runSeed } = base;
  if (lora === null) return valuesOf(await weightFiles(folder));
  const rows = await tokenRows(folder, lora);
  const adapter = initializeAdapter(await readConfig(folder), rows, lora, runSeed);
  return async ({ name }, start, length) =>
    (adapter.get(name)?.data ?? new Float32Array()).subarray(start, start + length);
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
