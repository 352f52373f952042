import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { openGiven } from '../../artifacts/given.ts';
import { AlpacaError } from '../../errors.ts';
import { EMBEDDING, HEAD } from '../../model/folder/config.ts';
import { fromBfloat16, fromFloat16, toBfloat16 } from '../../model/folder/floats.ts';
import { weightFiles } from '../../model/folder/folder.ts';
import {
  ELEMENT_BYTES,
  type FileDtype,
  readHeader,
  type TensorEntry,
} from '../../model/folder/safetensors.ts';

/** A base model's tensors, read a piece at a time in the number format of the tuned one. */
export class BaseTensors {
  readonly folder: string;
  readonly #tensors: Map<string, { entry: TensorEntry; file: FileHandle }>;
  readonly #files: readonly FileHandle[];

  private constructor(
    folder: string,
    tensors: Map<string, { entry: TensorEntry; file: FileHandle }>,
    files: readonly FileHandle[],
  ) {
    this.folder = folder;
    this.#tensors = tensors;
    this.#files = files;
  }

  /** @throws AlpacaError NotFound, InvalidInput */
  static async open(folder: string): Promise<BaseTensors> {
    const paths = await weightFiles(folder);
    if (paths.length === 0) {
      throw new AlpacaError('NotFound', `The base ${folder} has no model.safetensors.`, {
        remedy: 'Name the folder of the base model, with its weights in safetensors format.',
      });
    }
    const headers = await Promise.all(paths.map((path) => readHeader(path)));
    const tensors = new Map<string, { entry: TensorEntry; file: FileHandle }>();
    const files: FileHandle[] = [];
    for (const [index, path] of paths.entries()) {
      const file = await openGiven(path);
      files.push(file);
      for (const entry of headers[index] ?? []) tensors.set(entry.name, { entry, file });
    }
    return new BaseTensors(folder, tensors, files);
  }

  /**
   * The base's tensor that a tuned one is compared with: the one of its name, or for an untied head the
   * embedding that the base ties it to; null where the base has none.
   *
   * @throws AlpacaError InvalidInput where the shapes differ otherwise than by added rows
   */
  sourceOf(tuned: TensorEntry): TensorEntry | null {
    const found = this.#find(tuned.name);
    if (found === null) return null;
    const { entry } = found;
    const [rows = 0, ...rest] = entry.shape;
    const [tunedRows = 0, ...tunedRest] = tuned.shape;
    if (
      tunedRest.join() !== rest.join() ||
      tunedRows < rows ||
      (tunedRows > rows && !isVocabulary(entry.name))
    )
      throw new AlpacaError(
        'InvalidInput',
        `${this.folder} cannot be the base: ${entry.name} is [${entry.shape.join(', ')}] there and [${tuned.shape.join(', ')}] in the tuned model.`,
        { remedy: 'Name the model that the tuned one was made from.' },
      );
    if (tuned.dtype === 'F16' && entry.dtype !== 'F16')
      throw new AlpacaError(
        'InvalidInput',
        `${tuned.name} is F16 in the tuned model and ${entry.dtype} in the base, and F16 is compared with F16 only.`,
        { remedy: 'Save one of them in the precision of the other.' },
      );
    return entry;
  }

  /** The base's bits for a tuned tensor, from its first element on; zeros past what the base has. */
  reader(tuned: TensorEntry): BaseReader {
    const entry = this.sourceOf(tuned);
    const found = entry === null ? null : this.#find(tuned.name);
    return new BaseReader(found, tuned.dtype);
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }

  #find(name: string): { entry: TensorEntry; file: FileHandle } | null {
    return this.#tensors.get(name) ?? (name === HEAD ? this.#tensors.get(EMBEDDING) : undefined) ?? null;
  }
}

/** Only these grow, by a row for each special token that was added. */
function isVocabulary(name: string): boolean {
  return name === HEAD || name === EMBEDDING;
}

/** Reads one tensor from front to back, and digests the base's own bytes on the way. */
export class BaseReader {
  readonly source: TensorEntry | null;
  readonly #file: FileHandle | null;
  readonly #dtype: FileDtype;
  readonly #hash: Hash = createHash('sha256');
  #done = 0;

  constructor(found: { entry: TensorEntry; file: FileHandle } | null, dtype: FileDtype) {
    this.source = found?.entry ?? null;
    this.#file = found?.file ?? null;
    this.#dtype = dtype;
  }

  /** The bits of the next `elements` elements, in the tuned tensor's dtype. */
  async next(elements: number): Promise<Uint8Array> {
    const bits = new Uint8Array(elements * ELEMENT_BYTES[this.#dtype]);
    if (this.source === null || this.#file === null) return bits;
    const { dtype, offset, bytes } = this.source;
    const width = ELEMENT_BYTES[dtype];
    const here = Math.min(elements, bytes / width - this.#done);
    if (here <= 0) return bits;
    const raw = new Uint8Array(here * width);
    await readFully(this.#file, raw, offset + this.#done * width);
    this.#hash.update(raw);
    this.#done += here;
    bits.set(converted(raw, dtype, this.#dtype));
    return bits;
  }

  /** SHA-256 of what was read of the base. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Widening is exact, and rounding to bf16 is defined: both directions come to the same bits. */
function converted(raw: Uint8Array, from: FileDtype, to: FileDtype): Uint8Array {
  if (from === to) return raw;
  const values =
    from === 'F32'
      ? new Float32Array(raw.buffer)
      : (from === 'BF16' ? fromBfloat16 : fromFloat16)(new Uint16Array(raw.buffer));
  const stored = to === 'F32' ? values : toBfloat16(values);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/** @throws AlpacaError InvalidInput where the file is shorter than its header said */
export async function readFully(file: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0)
      throw new AlpacaError(
        'InvalidInput',
        `A weight file ended at byte ${position + done} while being read.`,
        {
          remedy: 'Fetch or copy it again.',
        },
      );
    done += bytesRead;
  }
}
