import { copyFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder, temporaryName } from '../../artifacts/atomic.ts';
import type { WrittenDigests } from '../../artifacts/digest.ts';
import { COMPANIONS } from '../../artifacts/model-files.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import { MOST, requireMemory } from './bounds.ts';
import {
  countParameters,
  EMBEDDING,
  formatConfig,
  HEAD,
  type LlamaConfig,
  parameterShapes,
  parseConfig,
  type WeightsDtype,
} from './config.ts';
import { refused } from './config-file.ts';
import { checkFinite } from './finite.ts';
import { readJsonObject, toJson } from './json-file.ts';
import { readHeader, readTensors, type TensorEntry, type Weight, writeTensors } from './safetensors.ts';

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
  if (files.length === 0) throw weightless(path);
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

/**
 * Holds the headers of a folder's weight files, where it has any, against its config: no tensor is read.
 *
 * @throws AlpacaError as `readModel`, but for what only the weights themselves can show
 */
export async function checkWeightFiles(path: string): Promise<void> {
  const config = await readConfig(path);
  const files = await weightFiles(path);
  if (files.length === 0) return;
  const expected = expectedTensors(path, config);
  for (const file of files) for (const entry of await readHeader(file)) expected.isWanted(entry, file);
  expected.requireAll();
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
  throw weightless(path);
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

export type Replacements = ReadonlyMap<string, string | null>;

export interface WriteModelOptions extends Model {
  /** the folder whose tokenizer, generation settings and further config fields are kept; null for none */
  from: string | null;
  dtype?: WeightsDtype;
  /** contents by file name that take the place of those in `from`; null leaves one out */
  replace?: Replacements;
}

/**
 * Writes a folder that `transformers` opens: config.json, model.safetensors and what `from` has of the
 * tokenizer. The folder appears whole or not at all, and is not synced; one that exists already must be empty.
 *
 * @returns the digest of the weights' file by its name
 */
export async function writeModel(path: string, options: WriteModelOptions): Promise<WrittenDigests> {
  const { config, weights, from, dtype = 'float32', replace = new Map() } = options;
  checkWeights(config, weights);
  const original = from === null ? null : await readConfigFile(from);
  const temporary = temporaryName(path);
  try {
    await makeFolder(temporary);
    await writeCompanions(from, temporary, replace);
    await writeFile(join(temporary, 'config.json'), toJson(formatConfig(config, original, dtype)));
    const sha256 = await writeTensors(join(temporary, WEIGHTS), weights, {
      dtype: FILE_DTYPES[dtype],
      metadata: { format: 'pt' },
    });
    await rename(temporary, path);
    return { [WEIGHTS]: sha256 };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') {
      throw new AlpacaError('InvalidInput', `The folder ${path} exists and is not empty.`, {
        remedy: 'Name another folder, or remove this one.',
      });
    }
    throw storageError(error, path);
  }
}

// details -----------------------------------------------------------------------------------------------
/** In a folder without weights it says that they are to be random; beside weights, that they are. */
export const RANDOM_MARK = 'initialize-weights';

const DTYPES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;
const FILE_DTYPES = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const;

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

const indexFile = z.looseObject({ weight_map: z.record(z.string(), z.string().regex(/^[^/\\]+$/)) });

function readConfigFile(path: string): Promise<Record<string, unknown>> {
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

function weightless(path: string): AlpacaError {
  return new AlpacaError(
    'NotFound',
    `The model folder ${path} has no weights: neither ${WEIGHTS} nor ${INDEX}.`,
    {
      remedy:
        'Save the model in safetensors format (not pytorch_model.bin), or put an empty file `initialize-weights` into the folder to start from random ones.',
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

function checkWeights(config: LlamaConfig, weights: ReadonlyMap<string, Weight>): void {
  const shapes = parameterShapes(config);
  for (const [name, shape] of shapes) {
    const found = weights.get(name)?.shape;
    if (found?.join() !== shape.join())
      throw new RangeError(
        `${name} to write has the shape [${found?.join(', ')}], not [${shape.join(', ')}]`,
      );
  }
  for (const name of weights.keys())
    if (!shapes.has(name)) throw new RangeError(`${name} is no tensor of this config`);
}

/** Copies what a model folder has of tokenizer and generation settings, but for what is replaced. */
export async function writeCompanions(from: string | null, to: string, replace: Replacements): Promise<void> {
  if (from !== null)
    for (const name of COMPANIONS)
      if (!replace.has(name) && (await isFile(join(from, name))))
        await copyFile(join(from, name), join(to, name));
  for (const [name, content] of replace) if (content !== null) await writeFile(join(to, name), content);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

function disagreement(path: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${path}: ${how}.`, {
    remedy: 'Config and weights do not belong together: fetch or save the model again.',
  });
}
