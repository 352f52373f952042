import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, temporaryName } from '../../artifacts/atomic.ts';
import type { WrittenDigests } from '../../artifacts/digest.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import { EMBEDDING, HEAD, type LlamaConfig } from '../folder/config.ts';
import { checkFinite } from '../folder/finite.ts';
import type { Model } from '../folder/folder.ts';
import { readJsonObject, toJson } from '../folder/json-file.ts';
import { readTensors, type Weight, writeTensors } from '../folder/safetensors.ts';
import { type Replacements, writeCompanions } from '../folder/write-model.ts';
import { formatAdapterConfig, parseAdapterConfig, targetsOf } from './adapter-config.ts';
import { ADDED_EMBEDDING, ADDED_HEAD, type LoraConfig, TOKEN_ROWS } from './lora.ts';
import { mergeAdapter, withRows } from './merge.ts';

/** An adapter in memory, apart from its base. */
export interface Adapter {
  lora: LoraConfig;
  /** A and B by the names of `adapterShapes` */
  weights: Map<string, Weight>;
  /** whole matrices that take the base's places */
  replaced: Map<string, Weight>;
  /** PEFT's `modules_to_save`: copies beside the base's matrices; others are written over these */
  savedModules: readonly string[];
}

/**
 * Reads a folder as PEFT writes it: adapter_config.json and adapter_model.safetensors.
 *
 * @throws AlpacaError NotFound; InvalidInput naming an option or a tensor that is not supported
 */
export async function readAdapter(path: string): Promise<Adapter> {
  const configPath = join(path, CONFIG);
  const remedy = 'An adapter is a PEFT folder: adapter_config.json and adapter_model.safetensors.';
  const file = await readJsonObject(configPath, { remedy });
  const { savedModules, ...read } = parseAdapterConfig(file, configPath);
  const weights = new Map<string, Weight>();
  const replaced = new Map<string, Weight>();
  for await (const { name, ...weight } of readTensors(join(path, WEIGHTS))) {
    checkFinite(join(path, WEIGHTS), name, weight.data);
    const inner = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
    if (TOKEN_ROWS.some(([matrix]) => matrix === inner)) replaced.set(inner, weight);
    else weights.set(inner, weight);
  }
  const targets = targetsOf([...weights.keys()], join(path, WEIGHTS));
  return { lora: { ...read, targets, trainedTokens: [] }, weights, replaced, savedModules };
}

/**
 * The base with the adapter's whole matrices in their places, and a vocabulary as large as they are. A tied base whose
 * embedding or head alone is a copy keeps the old one for the other, as PEFT does, and is tied no longer.
 *
 * @throws AlpacaError InvalidInput where the embedding and the head then differ in size
 */
export function replaceMatrices(
  { config, weights }: Model,
  { replaced, savedModules }: Pick<Adapter, 'replaced' | 'savedModules'>,
): Model {
  if (replaced.size === 0) return { config, weights };
  const [newEmbedding, newHead] = TOKEN_ROWS.map(([matrix]) => replaced.get(matrix));
  const old = weights.get(EMBEDDING);
  const oldHead = config.tieEmbeddings ? old : weights.get(HEAD);
  const writtenOver = config.tieEmbeddings && savedModules.length === 0;
  const embedding = newEmbedding ?? (writtenOver ? newHead : old);
  const head = newHead ?? (writtenOver ? newEmbedding : oldHead);
  if (!embedding || !head || embedding.shape.join() !== head.shape.join()) throw otherSizes(embedding, head);
  const tieEmbeddings = config.tieEmbeddings && sameValues(embedding, head);
  const changed = new Map([...weights, [EMBEDDING, embedding], [HEAD, head]]);
  if (tieEmbeddings) changed.delete(HEAD);
  return {
    config: { ...config, vocabSize: embedding.shape[0] ?? config.vocabSize, tieEmbeddings },
    weights: changed,
  };
}

/** The base with the adapter merged into it. */
export function applyAdapter(base: Model, adapter: Adapter): Model {
  const { config, weights } = replaceMatrices(base, adapter);
  return { config, weights: mergeAdapter(config, weights, adapter.weights, adapter.lora) };
}

export interface WriteAdapterOptions {
  config: LlamaConfig;
  lora: LoraConfig;
  /** by the names of `adapterShapes` */
  weights: ReadonlyMap<string, Weight>;
  /** the base's, of which the embedding and the head are written where rows of them were trained */
  base: ReadonlyMap<string, Weight>;
  /** the base model's folder, whose tokenizer is kept but for what is replaced */
  from: string;
  replace?: Replacements;
}

/**
 * Writes a folder that PEFT opens, f32. It appears whole or not at all, and is not synced.
 *
 * @returns the digest of the weights' file by its name
 */
export async function writeAdapter(path: string, options: WriteAdapterOptions): Promise<WrittenDigests> {
  const { lora, from, replace = new Map() } = options;
  const temporary = temporaryName(path);
  const metadata = { format: 'pt' };
  try {
    await makeFolder(temporary);
    await writeCompanions(from, temporary, replace);
    await writeFile(join(temporary, CONFIG), toJson(formatAdapterConfig(lora)));
    const tensors = peftTensors(options);
    const sha256 = await writeTensors(join(temporary, WEIGHTS), tensors, { dtype: 'F32', metadata });
    await rename(temporary, path);
    return { [WEIGHTS]: sha256 };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw storageError(error, path);
  }
}

// details -----------------------------------------------------------------------------------------------
const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
const PREFIX = 'base_model.model.';

function peftTensors({ config, lora, weights, base }: WriteAdapterOptions): Map<string, Weight> {
  const tensors = new Map<string, Weight>();
  for (const [name, weight] of weights) {
    if (name !== ADDED_EMBEDDING && name !== ADDED_HEAD) tensors.set(`${PREFIX}${name}`, weight);
  }
  if (lora.trainedTokens.length === 0) return tensors;
  for (const [matrix, rows] of TOKEN_ROWS) {
    const whole = base.get(config.tieEmbeddings ? TOKEN_ROWS[0][0] : matrix);
    const trained = weights.get(config.tieEmbeddings ? ADDED_EMBEDDING : rows);
    if (!whole || !trained) throw new RangeError(`there are no rows of ${matrix}`);
    tensors.set(`${PREFIX}${matrix}`, withRows(whole, lora.trainedTokens, trained));
  }
  return tensors;
}

function sameValues(a: Weight, b: Weight): boolean {
  return a === b || (a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i]));
}

function otherSizes(embedding: Weight | undefined, head: Weight | undefined): AlpacaError {
  const size = (weight: Weight | undefined) => `[${weight?.shape.join(', ') ?? ''}]`;
  return new AlpacaError(
    'InvalidInput',
    `With the adapter's modules_to_save the embedding is ${size(embedding)} and the head ${size(head)}, which is not supported.`,
    {
      remedy:
        'Name the base model that the adapter was trained on, or merge it with PEFT (merge_and_unload).',
    },
  );
}
