import { type FileHandle, open } from 'node:fs/promises';
import { storageError } from '../errors.ts';

/** One JSON object a line; `writeLines` for how. */
export function writeJsonLines(path: string, rows: Iterable<unknown>, signal: AbortSignal): Promise<number> {
  return writeLines(path, jsonOf(rows), signal);
}

/**
 * Writes lines to a file at `path` and returns how many. A megabyte at a time, so that the event loop goes on
 * and the signal stops it. What is on the disk when it returns survives a power cut.
 */
export async function writeLines(
  path: string,
  lines: Iterable<string>,
  signal: AbortSignal,
): Promise<number> {
  try {
    const file = await open(path, 'w');
    try {
      const written = await writeTo(file, lines, signal);
      await file.sync();
      return written;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw storageError(error, path);
  }
}

function* jsonOf(rows: Iterable<unknown>): Generator<string> {
  for (const row of rows) yield JSON.stringify(row);
}

async function writeTo(file: FileHandle, lines: Iterable<string>, signal: AbortSignal): Promise<number> {
  let written = 0;
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    written += 1;
    if (text.length < PIECE_CHARACTERS) continue;
    await file.writeFile(text);
    text = '';
    signal.throwIfAborted();
  }
  await file.writeFile(text);
  return written;
}

const PIECE_CHARACTERS = 1 << 20;
