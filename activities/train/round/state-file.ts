import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { digestOf, type WrittenDigests } from '../../artifacts/digest.ts';
import { parseJson } from '../../artifacts/formats/parse-json.ts';
import { MOST_RECORD_BYTES, readGiven } from '../../artifacts/given.ts';
import { AlpacaError, storageError } from '../../errors.ts';

/** What a folder of files says of itself: a JSON file beside them, with their digests. */
interface WithFiles {
  /** SHA-256 of the other files, by name */
  files: Record<string, string>;
}

/** @returns the digests of the other files */
export async function writeStateFile<State extends WithFiles>(
  folder: string,
  name: string,
  state: State,
): Promise<WrittenDigests> {
  try {
    await writeFile(join(folder, name), `${JSON.stringify(state, null, 2)}\n`);
  } catch (error) {
    throw storageError(error, join(folder, name));
  }
  return state.files;
}

/**
 * Reads it, once every file has the digest that it should have.
 *
 * @param what messages call the folder
 * @throws AlpacaError CorruptArtifact
 */
export async function readStateFile<State extends WithFiles>(
  folder: string,
  name: string,
  schema: z.ZodType<State>,
  what: string,
): Promise<State> {
  const corrupt = (reason: string) =>
    new AlpacaError('CorruptArtifact', `The ${what} ${folder} cannot be used: ${reason}.`, {
      remedy: 'Delete it and train the round again.',
    });
  let state: State;
  try {
    state = schema.parse(parseJson(String(await readGiven(join(folder, name), { most: MOST_RECORD_BYTES }))));
  } catch (error) {
    throw corrupt(`${name} is not what it should be (${(error as Error).message})`);
  }
  for (const [file, expected] of Object.entries(state.files)) {
    const found = await digestOf(join(folder, file)).catch((error) => {
      throw corrupt(`${file} cannot be read (${(error as Error).message})`);
    });
    if (found.sha256 !== expected) throw corrupt(`${file} was changed or damaged`);
  }
  return state;
}
