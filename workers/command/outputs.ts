import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { makeFolder } from '../../activities/artifacts/atomic.ts';
import { UsageError } from './outcome.ts';

/** Where results go is made sure of before any work is done, or paid for. */

/**
 * Makes the folder that a file or folder named on the command line will be in.
 *
 * @throws UsageError naming the option and the folder
 */
export async function makeFolderOf(option: string, path: string): Promise<void> {
  const folder = dirname(resolve(path));
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    throw new UsageError(`${option} ${path}: nothing can be written to the folder ${folder} (${code}).`);
  }
}

/** @throws UsageError where the path is a folder: a file would replace all that it holds */
export async function requireFileName(option: string, path: string): Promise<void> {
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw new UsageError(`${option} ${path} is a folder. Name a file.`);
}

/** @throws UsageError where the folder holds anything and no `mark`, which an earlier result would have */
export async function requireReplaceable(option: string, path: string, mark: string): Promise<void> {
  const names: string[] = await readdir(path).catch(() => []);
  if (names.length > 0 && !names.includes(mark))
    throw new UsageError(`${option} ${path} holds other files, which would be lost. Name a new folder.`);
}

/** The files of rows that commands write, by their options, and the endings that each can be written with. */
const JSON_LINES = ['.jsonl', ''];
const ANY_FORM = ['.json', '.csv', '.parquet', ...JSON_LINES];
const FILES_OF_ROWS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  generate: { out: ANY_FORM },
  dedupe: { out: ['.json', ...JSON_LINES], rejected: ['.json', ...JSON_LINES] },
  filter: { out: ANY_FORM, dropped: JSON_LINES, graded: JSON_LINES },
  pairs: { out: JSON_LINES },
};

/** @throws UsageError for a name whose ending promises a form that is not written there */
export function requireKnownEnding(command: string, option: string, path: string): void {
  const endings = FILES_OF_ROWS[command]?.[option];
  if (endings === undefined || endings.includes(endingOf(path))) return;
  const known = endings.filter(Boolean).join(', ');
  throw new UsageError(
    `--${option} ${path}: a file of rows that ends in ${endingOf(path)} is not written there. Name one that ends in ${known}.`,
  );
}

/** The last extension of a path, in small letters. */
export function endingOf(path: string): string {
  return extname(path).toLowerCase();
}
