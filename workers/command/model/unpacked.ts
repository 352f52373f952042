import { createHash } from 'node:crypto';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../../../activities/artifacts/atomic.ts';
import { BLOCK_FORMATS } from '../../../activities/model/gguf/blocks.ts';
import { readGgufHead } from '../../../activities/model/gguf/read-file.ts';
import { unpackGguf } from '../../../activities/model/gguf/unpack/unpack-gguf.ts';
import { exists, stateFolder } from '../place.ts';
import { writeLine } from '../terminal.ts';

/** True for a file that begins as a GGUF does, or is called one. */
export async function isGguf(path: string): Promise<boolean> {
  if (!(await stat(path).catch(() => null))?.isFile()) return false;
  if (/\.gguf$/i.test(path)) return true;
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === 'GGUF';
  } finally {
    await file.close();
  }
}

/**
 * The folder of a GGUF file's model: written once beside the store, and found again while the file stays as it is. Says
 * on standard error what a quantized one is not.
 *
 * @throws AlpacaError InvalidInput as `unpackGguf`; StorageFull
 */
export async function unpacked(path: string): Promise<string> {
  const { tensors } = await readGgufHead(path);
  const folder = join(stateFolder(), 'unpacked', await keyOf(path), basename(path).replace(/\.gguf$/i, ''));
  if (!(await exists(folder))) {
    await makeFolder(dirname(folder));
    try {
      await unpackGguf(path, folder);
    } catch (error) {
      // Another command has been faster.
      if (!(await exists(folder))) throw error;
    }
  }
  const coarse = new Set(
    tensors.map(({ format }) => format).filter((name) => BLOCK_FORMATS[name].values > 1),
  );
  if (coarse.size > 0 && !told.has(path)) {
    told.add(path);
    writeLine(
      process.stderr,
      `${path} is quantized (${[...coarse].sort().join(', ')}): it is taken as llama.cpp computes it, in f32. What quantizing took from the model stays lost, and training starts from what is left.`,
    );
  }
  return folder;
}

/** A command may look at a model several times; a person is told once. */
const told = new Set<string>();

/** Of the file's place, size and time of writing: gigabytes are not read for a name. */
async function keyOf(path: string): Promise<string> {
  const real = await realpath(path);
  const { size, mtimeMs } = await stat(real);
  return createHash('sha256')
    .update(JSON.stringify([real, size, mtimeMs]))
    .digest('hex')
    .slice(0, 16);
}
