import { type LlamaConfig, parameterShapes, parseConfig, type WeightsDtype } from '../../folder/config.ts';
import { checkFinite } from '../../folder/finite.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../folder/floats.ts';
import { type WeightSource, writeModel } from '../../folder/write-model.ts';
import { ropeFactors } from '../architecture.ts';
import { BLOCK_FORMATS, type BlockFormatName } from '../blocks.ts';
import { badGguf } from '../format.ts';
import { readGgufHead, readRowsOf, type StoredTensor } from '../read-file.ts';
import { hubName, ROPE_FACTORS, turnedHeads, turnHead } from '../tensor-names.ts';
import { checkFactors, configOf } from './config-of.ts';
import { MetadataReader } from './metadata-reader.ts';
import { tokenizerFilesOf } from './tokenizer-of.ts';

export interface UnpackedGguf {
  /** formats in which matrices lost something before they came here; none where every value is as it was written */
  coarse: BlockFormatName[];
}

/**
 * Writes the model of a GGUF file as a Hugging Face folder: each value as llama.cpp computes with it, in f16 or bf16
 * where the file holds nothing finer, else in f32. One tensor is in memory at a time.
 *
 * @throws AlpacaError NotFound; InvalidInput for a file that is cut short, an architecture, a tokenizer or a format that
 *   is not read here, and tensors that do not belong to the architecture
 */
export async function unpackGguf(path: string, out: string): Promise<UnpackedGguf> {
  const { metadata, tensors } = await readGgufHead(path);
  const reader = new MetadataReader(metadata, path);
  const table = tensors.find(({ name }) => name === ROPE_FACTORS);
  const factors = table ? await readWhole(path, table) : null;
  const json = configOf(reader, tensors, factors);
  const config = parseConfig(json, path);
  if (factors) checkFactors(factors, ropeFactors(config), path);
  const stored = byHubName(tensors, config, path);
  const files = tokenizerFilesOf(reader);
  const dtype = await dtypeOf(stored, path);
  await writeModel(out, {
    ...{ config, from: null, dtype, weights: sourcesOf(stored, config, path) },
    replace: files,
    fields: json,
  });
  const formats = new Set([...stored.values()].map(({ format }) => format));
  return { coarse: [...formats].filter((format) => BLOCK_FORMATS[format].values > 1).sort() };
}

// details -----------------------------------------------------------------------------------------------
function byHubName(
  tensors: readonly StoredTensor[],
  config: LlamaConfig,
  path: string,
): Map<string, StoredTensor> {
  const shapes = parameterShapes(config);
  const stored = new Map<string, StoredTensor>();
  for (const tensor of tensors) {
    if (tensor.name === ROPE_FACTORS) continue;
    const name = hubName(tensor.name);
    const shape = name === null ? undefined : shapes.get(name);
    if (name === null || !shape) throw badGguf(path, `${tensor.name} has no place in the architecture`);
    if (shape.join() !== tensor.shape.join())
      throw badGguf(
        path,
        `${tensor.name} has the shape [${tensor.shape.join(', ')}], and [${shape.join(', ')}] is expected`,
      );
    stored.set(name, tensor);
  }
  const missing = [...shapes.keys()].find((name) => !stored.has(name));
  if (missing !== undefined) throw badGguf(path, `it has no tensor for ${missing}`);
  return stored;
}

function sourcesOf(
  stored: ReadonlyMap<string, StoredTensor>,
  config: LlamaConfig,
  path: string,
): Map<string, WeightSource> {
  const sources = new Map<string, WeightSource>();
  for (const [name, tensor] of stored) {
    const headValues = turnedHeads(name, config) === null ? null : config.headSize * (tensor.shape[1] ?? 1);
    const data = async () => {
      const values = await readWhole(path, tensor);
      checkFinite(path, tensor.name, values);
      if (headValues !== null)
        for (let head = 0; head < values.length; head += headValues)
          values.set(turnHead(values.subarray(head, head + headValues), config.headSize, 'hub'), head);
      return values;
    };
    sources.set(name, { shape: tensor.shape, data });
  }
  return sources;
}

/** The narrowest that holds every value as it is. Vectors lie in f32 whatever the model was. */
async function dtypeOf(stored: ReadonlyMap<string, StoredTensor>, path: string): Promise<WeightsDtype> {
  const matrices = new Set(
    [...stored.values()].filter(({ shape }) => shape.length > 1).map(({ format }) => format),
  );
  const [format, ...others] = matrices;
  if (others.length > 0 || (format !== 'F16' && format !== 'BF16')) return 'float32';
  const [narrow, widen] = format === 'F16' ? [toFloat16, fromFloat16] : [toBfloat16, fromBfloat16];
  for (const tensor of stored.values()) {
    if (tensor.format !== 'F32') continue;
    const values = await readWhole(path, tensor);
    const back = widen(narrow(values));
    if (values.some((value, i) => value !== back[i])) return 'float32';
  }
  return format === 'F16' ? 'float16' : 'bfloat16';
}

/** Rows in memory at a time beside the tensor itself. */
const ROWS_AT_ONCE = 4096;

async function readWhole(path: string, tensor: StoredTensor): Promise<Float32Array> {
  const values = new Float32Array(tensor.shape.reduce((product, size) => product * size, 1));
  let filled = 0;
  for await (const rows of readRowsOf(path, tensor, ROWS_AT_ONCE)) {
    values.set(rows, filled);
    filled += rows.length;
  }
  return values;
}
