import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { MOST, requireMemory } from './bounds.ts';
import {
  countParameters,
  EMBEDDING,
  HEAD,
  type LlamaConfig,
  parameterShapes,
  parseConfig,
  type WeightsDtype,
} from './config.ts';
import { refused } from './config-file.ts';
import { checkFinite } from './finite.ts';
import { readJsonObject } from './json-file.ts';
import { weightsConversion } from './old-folder.ts';
import { readHeader, readTensors, type TensorEntry, type Weight } from './safetensors.ts';

/** A Hugging Face model folder in memory: weights by their Hugging Face names, [out, in], f32. */
export interface Model {
  config: LlamaConfig;
  weights: Map<string, Weight>;
}

/**
 * Reads config.json and the weights, from `model.safetensors` or from the shards that
 * `model.safetensors.index.json` lists. A tied head may be there or not; the result never holds it.
 *
 * @throws AlpacaError NotFound; InvalidInput where config and weights disagree, or a weight is no finite
 *   number, naming tensor and shapes
 */
export async function readModel(path: string): Promise<Model> {
  const config = await readConfig(path);
  const files = await weightFiles(path);
  if (files.length === 0) throw await weightless(path);
  requireMemory(countParameters(config), path);
  const expected = expectedTensors(path, config);
  const weights = new Map<string, Weight>();
  let tiedHead: Weight | null = null;
  for (const file of files) {
    for await (const { name, ...weight } of readTensors(file, (entry) => expected.isWanted(entry, file))) {
      checkFinite(file, name, weight.data);
      if (config.tieEmbeddings && name === HEAD) tiedHead = weight;
      else weights.set(name, weight);
    }
  }
  expected.requireAll();
  if (tiedHead) checkTiedHead(tiedHead, weights, path);
  return { config, weights };
}

/** A tensor where it lies. */
export interface StoredWeight {
  file: string;
  entry: TensorEntry;
}

/**
 * Finds the tensors of a folder, none where it has no weights, and holds their headers against its config: no tensor is
 * read. A tied head is left out.
 *
 * @throws AlpacaError as `readModel`, but for what only the weights themselves can show
 */
export async function locateWeights(
  path: string,
): Promise<{ config: LlamaConfig; weights: Map<string, StoredWeight> }> {
  const config = await readConfig(path);
  const files = await weightFiles(path);
  const expected = expectedTensors(path, config);
  const weights = new Map<string, StoredWeight>();
  for (const file of files)
    for (const entry of await readHeader(file))
      if (expected.isWanted(entry, file)) weights.set(entry.name, { file, entry });
  if (files.length > 0) expected.requireAll();
  if (config.tieEmbeddings) weights.delete(HEAD);
  return { config, weights };
}

/** The config of a model folder. */
export async function readConfig(path: string): Promise<LlamaConfig> {
  return parseConfig(await readConfigFile(path), join(path, 'config.json'));
}

/** The standard deviation that config.json gives for fresh weights; Llama's 0.02 where it gives none. */
export async function readInitializerRange(path: string): Promise<number> {
  const { initializer_range: range } = await readConfigFile(path);
  if (typeof range !== 'number') return 0.02;
  if (range >= 0 && range <= 1) return range;
  throw refused(
    join(path, 'config.json'),
    `initializer_range is ${range}; a standard deviation of 0 to 1 is read`,
  );
}

/**
 * True where the folder has weights. One without holds an architecture and a tokenizer only, and says by a
 * file `initialize-weights` that it is meant to start from random ones.
 *
 * @throws AlpacaError NotFound where it has neither
 */
export async function hasWeights(path: string): Promise<boolean> {
  if ((await weightFiles(path)).length > 0) return true;
  if (await isFile(join(path, RANDOM_MARK))) return false;
  throw await weightless(path);
}

/** True where the folder's weights, if it has any, are random ones that nothing has trained. */
export function hasRandomWeights(path: string): Promise<boolean> {
  return isFile(join(path, RANDOM_MARK));
}

/** What all weights of the folder are in; float32, which holds what each of them is, where they differ. */
export async function readWeightsDtype(path: string): Promise<WeightsDtype> {
  const files = await weightFiles(path);
  // One after the other: a process may have fewer files open than a model has shards.
  const found = new Set<WeightsDtype>();
  for (const file of files) for (const { dtype } of await readHeader(file)) found.add(DTYPES[dtype]);
  const [dtype = 'float32', ...others] = found;
  return others.length > 0 ? 'float32' : dtype;
}

// details -----------------------------------------------------------------------------------------------
/** In a folder without weights it says that they are to be random; beside weights, that they are. */
export const RANDOM_MARK = 'initialize-weights';

const DTYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

export const WEIGHTS = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';

const indexFile = z.looseObject({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+$/)) });

/** What config.json holds. */
export function readConfigFile(path: string): Promise<Record<string, unknown>> {
  return readJsonObject(join(path, 'config.json'));
}

/** Paths of a folder's weight files, sorted; none where it has no weights. */
export async function weightFiles(path: string): Promise<string[]> {
  if (await isFile(join(path, WEIGHTS))) return [join(path, WEIGHTS)];
  const index = join(path, INDEX);
  if (!(await isFile(index))) return [];
  const checked = indexFile.safeParse(await readJsonObject(index));
  if (!checked.success) {
    throw new AlpacaError('InvalidInput', `${index} has no weight_map of tensor names to file names.`, {
      remedy: 'Save the model again with `save_pretrained`.',
    });
  }
  const names = [...new Set(Object.values(checked.data.weight_map))].sort();
  if (names.length > MOST.shards)
    throw new AlpacaError(
      'InvalidInput',
      `${index} names ${names.length} files; at most ${MOST.shards} are read.`,
      {
        remedy: 'Save the model again with larger shards.',
      },
    );
  return names.map((name) => join(path, name));
}

async function weightless(path: string): Promise<AlpacaError> {
  const old = await weightsConversion(path);
  return new AlpacaError(
    'NotFound',
    `The model folder ${path} has no weights: neither ${WEIGHTS} nor ${INDEX}${old ? `, but ${old.found}, which is not read` : ''}.`,
    {
      remedy: old
        ? `Convert it: ${old.command}`
        : 'Save the model in safetensors format, or put an empty file `initialize-weights` into the folder to start from random ones.',
    },
  );
}

/** What a folder's weight files must hold between them, each tensor once and in its shape. */
function expectedTensors(path: string, config: LlamaConfig) {
  const shapes = parameterShapes(config);
  const tiedHead = config.tieEmbeddings ? [config.vocabSize, config.hiddenSize] : undefined;
  const found = new Set<string>();
  return {
    isWanted({ name, shape }: TensorEntry, file: string): boolean {
      // Early Llama checkpoints store the rotary frequencies, which follow from the config.
      if (name.endsWith('.rotary_emb.inv_freq')) return false;
      const expected = name === HEAD ? (tiedHead ?? shapes.get(name)) : shapes.get(name);
      if (!expected)
        throw disagreement(file, `${name} has no place in the architecture that config.json describes`);
      if (shape.join() !== expected.join())
        throw disagreement(
          file,
          `${name} has the shape [${shape.join(', ')}], and config.json expects [${expected.join(', ')}]`,
        );
      if (found.has(name)) throw disagreement(file, `${name} is in more than one shard`);
      found.add(name);
      return true;
    },
    requireAll(): void {
      for (const [name, shape] of shapes) {
        if (!found.has(name))
          throw disagreement(
            path,
            `${name} is missing; config.json expects it with shape [${shape.join(', ')}]`,
          );
      }
    },
  };
}

function checkTiedHead(head: Weight, weights: ReadonlyMap<string, Weight>, path: string): void {
  const embedding = weights.get(EMBEDDING);
  if (embedding && head.data.every((value, i) => Object.is(value, embedding.data[i]))) return;
  throw disagreement(path, `${HEAD} differs from ${EMBEDDING}, though config.json ties them`);
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

function disagreement(path: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path}: ${how}.`, {
    remedy: 'Config and weights do not belong together: fetch or save the model again.',
  });
}
