import type { GgufFormat } from '../../../workflows/contracts/release.ts';
import { AlpacaError } from '../../errors.ts';
import { FAMILIES } from '../families/families.ts';
import { elementCount, type LlamaConfig } from '../folder/config.ts';
import { checkFinite } from '../folder/finite.ts';
import { LARGEST_FLOAT16 } from '../folder/floats.ts';
import { locateWeights, type StoredWeight } from '../folder/folder.ts';
import { readSlice } from '../folder/safetensors.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TokenizerFiles } from '../tokenizer/tokenizer-files.ts';
import { architectureMetadata, ropeFactors } from './architecture.ts';
import { BLOCK_FORMATS, pack, type WrittenFormat } from './blocks.ts';
import { ggufName, ROPE_FACTORS, turnedHeads, turnHead } from './tensor-names.ts';
import { PROMPT_TEMPLATE_KEY, vocabularyMetadata } from './vocabulary.ts';
import { type TensorToWrite, type TypedValue, writeGguf } from './write-file.ts';

interface Form {
  format: WrittenFormat;
  /** llama.cpp's number for a file that is mostly of it */
  fileType: number;
}

const FORMS: Readonly<Record<GgufFormat, Form>> = {
  f32: { format: 'F32', fileType: 0 },
  f16: { format: 'F16', fileType: 1 },
  bf16: { format: 'BF16', fileType: 32 },
  q8_0: { format: 'Q8_0', fileType: 7 },
};

export interface GgufExport {
  /** a model folder */
  folder: string;
  /** the file to write */
  path: string;
  form: GgufFormat;
  /** general.name */
  name: string;
  /** the folder's, with the files that it was made of */
  tokenizer: Tokenizer;
  files: TokenizerFiles;
  /** null where the model has none */
  chatTemplate: string | null;
  /** the text of the folder's prompt_template.json; null where it was taught the recipe's */
  promptTemplate: string | null;
}

/**
 * Writes a model folder as a GGUF file that llama.cpp opens. Matrices are in the form; vectors, which are few and weigh
 * much, in f32. A few megabytes of it are in memory at a time.
 *
 * @returns the file's size in bytes
 * @throws AlpacaError NotFound, InvalidInput where the folder cannot be used, or llama.cpp would not take it as it is
 */
export async function exportGguf(given: GgufExport): Promise<number> {
  const { folder, path, form, name, chatTemplate, promptTemplate } = given;
  const { config, weights } = await locateWeights(folder);
  const { format, fileType } = FORMS[form];
  const metadata = new Map<string, TypedValue>([
    ['general.architecture', { type: 'string', value: FAMILIES[config.family].gguf.architecture }],
    ['general.type', { type: 'string', value: 'model' }],
    ['general.name', { type: 'string', value: name }],
    ['general.file_type', { type: 'uint32', value: fileType }],
    ...(format === 'Q8_0'
      ? [['general.quantization_version', { type: 'uint32', value: 2 }] as [string, TypedValue]]
      : []),
    ...architectureMetadata(config, folder),
    ...vocabularyMetadata(given, config.vocabSize, folder),
  ]);
  if (chatTemplate !== null) metadata.set('tokenizer.chat_template', { type: 'string', value: chatTemplate });
  if (promptTemplate !== null) metadata.set(PROMPT_TEMPLATE_KEY, { type: 'string', value: promptTemplate });
  const tensors = [...weights].map(([tensor, stored]) => tensorToWrite(tensor, stored, config, format));
  const factors = ropeFactors(config);
  if (factors) tensors.unshift(inMemory(ROPE_FACTORS, factors));
  return writeGguf(path, metadata, tensors);
}

// details -----------------------------------------------------------------------------------------------
/** Values in memory at a time, about. */
const PIECE_VALUES = 1 << 18;

function inMemory(name: string, values: Float32Array): TensorToWrite {
  return {
    ...{ name, shape: [values.length], format: 'F32' },
    async *pieces() {
      yield pack(values, 'F32');
    },
  };
}

function tensorToWrite(
  name: string,
  { file, entry }: StoredWeight,
  config: LlamaConfig,
  asked: WrittenFormat,
): TensorToWrite {
  const { shape } = entry;
  const theirs = ggufName(name, config);
  if (theirs === null) throw new RangeError(`${name} has no name in llama.cpp`);
  const width = shape[1] ?? 1;
  const format = formatFor(shape, asked);
  const turned = turnedHeads(name, config) !== null;
  const unit = turned ? config.headSize * width : width;
  const step = unit * Math.max(1, Math.floor(PIECE_VALUES / unit));
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const length = elementCount(shape);
    for (let start = 0; start < length; start += step) {
      const values = await readSlice(file, entry, start, Math.min(step, length - start));
      checkFinite(file, name, values);
      if (format === 'F16') checkFits(name, values);
      if (turned)
        for (let head = 0; head < values.length; head += unit)
          values.set(turnHead(values.subarray(head, head + unit), config.headSize, 'gguf'), head);
      yield pack(values, format);
    }
  }
  return { name: theirs, shape, format, pieces };
}

/** As llama.cpp's own converter: what is no whole number of blocks is in f16. */
function formatFor(shape: readonly number[], asked: WrittenFormat): WrittenFormat {
  if (shape.length === 1) return 'F32';
  return (shape[1] ?? 0) % BLOCK_FORMATS[asked].values === 0 ? asked : 'F16';
}

function checkFits(name: string, values: Float32Array): void {
  let largest = 0;
  for (let i = 0; i < values.length; i += 1) largest = Math.max(largest, Math.abs(values[i] ?? 0));
  if (largest <= LARGEST_FLOAT16) return;
  throw new AlpacaError('InvalidInput', `${name} holds ${largest}, and f16 ends at ${LARGEST_FLOAT16}.`, {
    remedy: 'Export it as bf16 or f32.',
  });
}
