import { copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, temporaryName } from '../../artifacts/atomic.ts';
import type { WrittenDigests } from '../../artifacts/digest.ts';
import { COMPANIONS } from '../../artifacts/model-files.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import {
  elementCount,
  formatConfig,
  type LlamaConfig,
  parameterShapes,
  type WeightsDtype,
} from './config.ts';
import { INDEX, isFile, readConfigFile, type StoredWeight, WEIGHTS } from './folder.ts';
import { toJson } from './json-file.ts';
import { ELEMENT_BYTES, type NamedShape, readSlice, writeInPieces } from './safetensors.ts';

/** A weight to write: in memory, or read when its turn comes. */
export interface WeightSource {
  shape: number[];
  data: Float32Array | (() => Promise<Float32Array>);
}

/** A tensor of a file, which is read when its turn comes. */
export function storedSource({ file, entry }: StoredWeight): WeightSource {
  return { shape: entry.shape, data: () => readSlice(file, entry, 0, elementCount(entry.shape)) };
}

/** The values of a weight, wherever they are. */
export async function valuesOf({ data }: WeightSource): Promise<Float32Array> {
  return typeof data === 'function' ? data() : data;
}

export type Replacements = ReadonlyMap<string, string | null>;

export interface WriteModelOptions {
  config: LlamaConfig;
  weights: ReadonlyMap<string, WeightSource>;
  /** the folder whose tokenizer, generation settings and further config fields are kept; null for none */
  from: string | null;
  dtype?: WeightsDtype;
  /** contents by file name that take the place of those in `from`; null leaves one out */
  replace?: Replacements;
  /** of config.json, in place of those in `from` */
  fields?: Record<string, unknown>;
  /** bytes of tensors in one file: more are written to several, which an index lists */
  shardBytes?: number;
}

/** As large as `save_pretrained` made its files for years: what readers and hubs take without a word. */
const SHARD_BYTES = 5e9;

/**
 * Writes a folder that `transformers` opens: config.json, the weights by name in files of `shardBytes` at most, and what
 * `from` has of the tokenizer. One tensor is in memory at a time. The folder appears whole or not at all, and is not
 * synced; one that exists already must be empty.
 *
 * @returns the digests of the weights' files by their names
 */
export async function writeModel(path: string, options: WriteModelOptions): Promise<WrittenDigests> {
  const { config, weights, from, dtype = 'float32', replace = new Map() } = options;
  const { shardBytes = SHARD_BYTES, fields = null } = options;
  checkWeights(config, weights);
  const original = fields ?? (from === null ? null : await readConfigFile(from));
  const temporary = temporaryName(path);
  try {
    await makeFolder(temporary);
    await writeCompanions(from, temporary, replace);
    await writeFile(join(temporary, 'config.json'), toJson(formatConfig(config, original, dtype)));
    const written = await writeShards(temporary, weights, dtype, shardBytes);
    await rename(temporary, path);
    return written;
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

/** Copies what a model folder has of tokenizer and generation settings, but for what is replaced. */
export async function writeCompanions(from: string | null, to: string, replace: Replacements): Promise<void> {
  if (from !== null)
    for (const name of COMPANIONS)
      if (!replace.has(name) && (await isFile(join(from, name))))
        await copyFile(join(from, name), join(to, name));
  for (const [name, content] of replace) if (content !== null) await writeFile(join(to, name), content);
}

// details -----------------------------------------------------------------------------------------------
const FILE_DTYPES = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const;

async function writeShards(
  folder: string,
  weights: ReadonlyMap<string, WeightSource>,
  dtype: WeightsDtype,
  shardBytes: number,
): Promise<WrittenDigests> {
  const shapes = [...weights]
    .map(([name, { shape }]) => ({ name, shape: [...shape] }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const bytesOf = ({ shape }: NamedShape) =>
    shape.reduce((product, size) => product * size, ELEMENT_BYTES[FILE_DTYPES[dtype]]);
  const shards = shardsOf(shapes, bytesOf, shardBytes);
  const digests: Record<string, string> = {};
  const weightMap: Record<string, string> = {};
  for (const [i, shard] of shards.entries()) {
    const file = shards.length === 1 ? WEIGHTS : shardName(i + 1, shards.length);
    const options = { dtype: FILE_DTYPES[dtype], metadata: { format: 'pt' } };
    digests[file] = await writeInPieces(join(folder, file), shard, options, async (append) => {
      for (const { name } of shard) {
        const weight = weights.get(name);
        if (weight) await append(await valuesOf(weight));
        weightMap[name] = file;
      }
    });
  }
  if (shards.length > 1) {
    const total_size = shapes.reduce((sum, shape) => sum + bytesOf(shape), 0);
    await writeFile(join(folder, INDEX), toJson({ metadata: { total_size }, weight_map: weightMap }));
  }
  return digests;
}

/** In order, each file as full as may be; a tensor that is larger has one to itself. */
function shardsOf(
  shapes: readonly NamedShape[],
  bytesOf: (shape: NamedShape) => number,
  most: number,
): NamedShape[][] {
  const shards: NamedShape[][] = [[]];
  let filled = 0;
  for (const shape of shapes) {
    const bytes = bytesOf(shape);
    if (filled > 0 && filled + bytes > most) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)?.push(shape);
    filled += bytes;
  }
  return shards;
}

function shardName(number: number, of: number): string {
  const digits = (value: number) => String(value).padStart(5, '0');
  return `model-${digits(number)}-of-${digits(of)}.safetensors`;
}

function checkWeights(config: LlamaConfig, weights: ReadonlyMap<string, WeightSource>): void {
  const shapes = parameterShapes(config);
  for (const [name, shape] of shapes) {
    const found = weights.get(name);
    if (found?.shape.join() !== shape.join())
      throw new RangeError(
        `${name} to write has the shape [${found?.shape.join(', ')}], not [${shape.join(', ')}]`,
      );
    if (typeof found.data !== 'function' && found.data.length !== elementCount(shape))
      throw new RangeError(
        `${name} has ${found.data.length} values, and [${shape.join(', ')}] needs another number`,
      );
  }
  for (const name of weights.keys())
    if (!shapes.has(name)) throw new RangeError(`${name} is no tensor of this config`);
}
