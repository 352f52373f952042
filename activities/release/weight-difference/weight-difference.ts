import { copyFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder, syncTree, temporaryName } from '../../artifacts/atomic.ts';
import { digestOf } from '../../artifacts/digest.ts';
import { parseJson } from '../../artifacts/formats/parse-json.ts';
import { MOST_RECORD_BYTES, readGiven } from '../../artifacts/given.ts';
import { COMPANIONS } from '../../artifacts/model-files.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import { weightFiles } from '../../model/folder/folder.ts';
import { readHeader } from '../../model/folder/safetensors.ts';
import { BaseTensors } from './base-tensors.ts';
import { type DifferenceRecord, differenceRecord } from './difference-record.ts';
import { xorFile } from './xor-file.ts';

/**
 * A tuned model as its difference to a base that may not be handed on. Each weight is the tuned bit pattern
 * XOR the base's: unlike a difference of floats, which rounds, it gives back every bit. Without the base
 * the difference is of no use; with it, recovery is checked file by file.
 *
 *   model.safetensors (or its shards)  the header as it is, the tensors' bits XOR the base's
 *   config.json, tokenizer files, ...  as in the tuned folder
 *   difference.json                    which base tensors are needed, and the digests of all that comes back
 */

const RECORD_FILE = 'difference.json';

export interface DifferenceMade {
  tensors: number;
  /** tensors and rows of which the base has nothing: they are in the difference as they are */
  withoutBase: string[];
  bytes: number;
}

/**
 * Writes the difference of `tuned` to `base` as a new folder, one piece of a tensor in memory at a time.
 *
 * @throws AlpacaError InvalidInput where a tensor of the tuned model cannot be one of this base's, NotFound
 */
export async function makeDifference(
  folders: { base: string; tuned: string; out: string },
  attempt: Attempt,
): Promise<DifferenceMade> {
  const { tuned, out } = folders;
  const files = await weightFilesOf(tuned);
  return inNewFolder(out, async (made) => {
    const record: DifferenceRecord = { format: 'alpaca-weight-difference/1', base: {}, recovered: [] };
    const withoutBase: string[] = [];
    let tensors = 0;
    const base = await BaseTensors.open(folders.base);
    try {
      for (const file of files) {
        const used = await xorFile(file, join(made, basename(file)), base, attempt);
        for (const { entry, source, sha256 } of used) {
          const added = (entry.shape[0] ?? 0) - (source?.shape[0] ?? 0);
          if (source === null) withoutBase.push(entry.name);
          else if (added > 0) withoutBase.push(`${added} rows of ${entry.name}`);
          if (source !== null)
            record.base[entry.name] = { name: source.name, dtype: source.dtype, shape: source.shape, sha256 };
          tensors += 1;
        }
      }
    } finally {
      await base.close();
    }
    await copyOthers(tuned, made);
    for (const path of [...files.map((file) => basename(file)), ...(await othersIn(tuned))].sort()) {
      const { sha256, bytes } = await digestOf(join(tuned, path));
      record.recovered.push({ path, sha256, bytes });
    }
    await writeFile(join(made, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
    return { tensors, withoutBase, bytes: (await digestOf(made)).bytes };
  });
}

/**
 * Gives back the tuned folder from its difference, equal to the original byte for byte.
 *
 * @throws AlpacaError InvalidInput naming the first tensor in which the base is not the one that the
 *   difference was made to; CorruptArtifact naming a file that did not come back as it was
 */
export async function recoverTuned(
  folders: { base: string; difference: string; out: string },
  attempt: Attempt,
): Promise<{ files: number; bytes: number }> {
  const { difference, out } = folders;
  const record = await readRecord(difference);
  const files = await weightFilesOf(difference);
  return inNewFolder(out, async (made) => {
    const base = await BaseTensors.open(folders.base);
    try {
      for (const file of files) {
        await checkBase(await readHeader(file), base, record);
        const used = await xorFile(file, join(made, basename(file)), base, attempt);
        for (const { entry, sha256 } of used) {
          const expected = record.base[entry.name];
          if (expected && expected.sha256 !== sha256)
            throw wrongBase(folders.base, `${expected.name} has other weights`);
        }
      }
    } finally {
      await base.close();
    }
    await copyOthers(difference, made);
    for (const { path, sha256 } of record.recovered) await checkRecovered(made, path, sha256);
    return {
      files: record.recovered.length,
      bytes: record.recovered.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  });
}

// details -----------------------------------------------------------------------------------------------
/** Files beside the weights that belong to a model. Nothing else is copied: it might hold weights in the clear. */
const OTHERS: readonly string[] = [
  'config.json',
  'model.safetensors.index.json',
  ...COMPANIONS,
  'README.md',
  'LICENSE',
];

async function othersIn(folder: string): Promise<string[]> {
  const found = await Promise.all(
    OTHERS.map(async (name) => ((await stat(join(folder, name)).catch(() => null))?.isFile() ? [name] : [])),
  );
  return found.flat();
}

async function copyOthers(from: string, to: string): Promise<void> {
  for (const name of await othersIn(from)) await copyFile(join(from, name), join(to, name));
}

async function weightFilesOf(folder: string): Promise<string[]> {
  const files = await weightFiles(folder);
  if (files.length > 0) return files;
  throw new AlpacaError('NotFound', `The folder ${folder} has no model.safetensors.`, {
    remedy: 'Name a model folder with weights in safetensors format.',
  });
}

/** @throws AlpacaError NotFound, or InvalidInput where the record is not in its form */
export async function readRecord(folder: string): Promise<DifferenceRecord> {
  const path = join(folder, RECORD_FILE);
  const text = await readGiven(path, { most: MOST_RECORD_BYTES }).catch((error: unknown) => {
    if (!(error instanceof AlpacaError) || error.code !== 'NotFound') throw error;
    throw new AlpacaError(
      'NotFound',
      `The folder ${folder} is no weight difference: it has no ${RECORD_FILE}.`,
      {
        remedy: 'Name a folder that `alpaca weight-diff make` wrote.',
      },
    );
  });
  try {
    return differenceRecord.parse(parseJson(String(text)));
  } catch (error) {
    throw new AlpacaError('InvalidInput', `${path} is not in the form of a weight difference.`, {
      remedy: 'Fetch the difference again.',
      cause: error,
    });
  }
}

/** Before anything is read: the base must have each tensor that the difference was made to, in its form. */
async function checkBase(
  entries: Awaited<ReturnType<typeof readHeader>>,
  base: BaseTensors,
  record: DifferenceRecord,
): Promise<void> {
  for (const entry of entries) {
    const expected = record.base[entry.name];
    const found = base.sourceOf(entry);
    if (expected === undefined && found === null) continue;
    if (expected === undefined)
      throw wrongBase(base.folder, `it has a tensor ${entry.name}, and the one that was used had none`);
    if (found === null) throw wrongBase(base.folder, `it has no tensor ${expected.name}`);
    if (found.dtype !== expected.dtype || found.shape.join() !== expected.shape.join())
      throw wrongBase(
        base.folder,
        `${expected.name} is ${found.dtype} [${found.shape.join(', ')}], and ${expected.dtype} [${expected.shape.join(', ')}] is needed`,
      );
  }
}

function wrongBase(folder: string, how: string): AlpacaError {
  return new AlpacaError('InvalidInput', `${folder} is not the base of this difference: ${how}.`, {
    remedy: 'Use the same base, in the same files and precision, as the difference was made with.',
  });
}

async function checkRecovered(folder: string, path: string, expected: string): Promise<void> {
  const file = join(folder, path);
  const found = (await stat(file).catch(() => null))?.isFile() ? (await digestOf(file)).sha256 : null;
  if (found === expected) return;
  throw new AlpacaError(
    'CorruptArtifact',
    found === null
      ? `The difference lacks ${path}.`
      : `${path} did not come back as it was: the difference is damaged.`,
    { remedy: 'Fetch the difference again.' },
  );
}

/** The folder appears whole or not at all; one that exists must be empty. */
async function inNewFolder<Result>(
  path: string,
  write: (folder: string) => Promise<Result>,
): Promise<Result> {
  const temporary = temporaryName(path);
  try {
    await makeFolder(temporary);
    const result = await write(temporary);
    await syncTree(temporary);
    await rename(temporary, path);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY')
      throw new AlpacaError('InvalidInput', `The folder ${path} exists and is not empty.`, {
        remedy: 'Name another folder, or remove this one.',
      });
    throw storageError(error, path);
  }
}
