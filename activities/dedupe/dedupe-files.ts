import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { syncFolder, temporaryName } from '../artifacts/atomic.ts';
import { writeLines } from '../artifacts/json-lines.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError, storageError } from '../errors.ts';
import { type CorpusOptions, dedupeCorpus } from './corpus/corpus.ts';
import { countDuplicates, type DuplicateCounts } from './duplicates.ts';
import { type BadRow, readSource, type SourceOptions, type SourceRow } from './instruction-source.ts';
import { type DedupeOutcome, keptRows, rejectedRows, similarityRows } from './outcome.ts';

export interface DedupeFilesOptions extends CorpusOptions {
  /** in any of the forms that rows are read in; `-` is standard input */
  input: string;
  /** where the kept rows go, each as it came in: a JSON array where the name ends in .json, else JSONL; in `full` mode with the recipe's two fields added */
  out: string;
  /** rows that count as accepted before the first row */
  against?: string | undefined;
  /** where the rejected rows go, each with `mostSimilar` and `score` */
  rejected?: string | undefined;
  /** the field whose text is compared */
  field: string;
  /** what conversations are compared by */
  conversationsBy?: SourceOptions['conversationsBy'];
  /** leave bad rows out and count them, in place of failing at the first */
  skipBadRows: boolean;
  /** told of each row left out */
  onBadRow?: ((row: BadRow) => void) | undefined;
  standardInput?: SourceOptions['standardInput'];
}

export interface DedupeFilesResult extends DuplicateCounts {
  /** rows left out, by what is wrong with them */
  badRows: Record<string, number>;
}

/**
 * Dedupes a file without a store. The files named are replaced only once everything is decided, each whole.
 * Throws `InvalidInput` (a bad row, no row that is left, a threshold outside [0, 1]), `NotFound`, `StorageFull` or `Permission`.
 */
export async function dedupeFiles(options: DedupeFilesOptions, attempt: Attempt): Promise<DedupeFilesResult> {
  if (options.rejected !== undefined && resolve(options.rejected) === resolve(options.out))
    throw new AlpacaError('InvalidInput', `Kept and rejected rows would both be written to ${options.out}.`, {
      remedy: 'Name two files.',
    });
  for (const path of [options.out, options.rejected]) if (path !== undefined) await checkFolderOf(path);
  const badRows: Record<string, number> = {};
  const onBadRow = (row: BadRow) => {
    badRows[row.kind] = (badRows[row.kind] ?? 0) + 1;
    options.onBadRow?.(row);
  };
  const { field, standardInput, conversationsBy } = options;
  const source: SourceOptions = {
    field,
    standardInput,
    ...(conversationsBy && { conversationsBy }),
    onBadRow: options.skipBadRows ? onBadRow : undefined,
  };
  const against: string[] = [];
  if (options.against !== undefined)
    for await (const batch of readSource(options.against, source))
      for (const { instruction } of batch) against.push(instruction);
  const rows: SourceRow[] = [];
  const decisions = await dedupeCorpus(
    against,
    readInto(rows, readSource(options.input, source)),
    options,
    attempt,
  );
  if (rows.length === 0) throw noRows(options.input, badRows);
  const outcome = { rows, against, decisions };
  await writeRows(options.out, keptLines(outcome, options.mode), attempt.signal);
  if (options.rejected !== undefined)
    await writeRows(options.rejected, rejectedLines(outcome), attempt.signal);
  return { ...countDuplicates(outcome), badRows };
}

function noRows(input: string, badRows: Readonly<Record<string, number>>): AlpacaError {
  const name = input === '-' ? 'standard input' : input;
  const bad = Object.entries(badRows).map(([kind, count]) => `${count} ${kind}`);
  const left = bad.length === 0 ? '' : ` but bad ones (${bad.join(', ')})`;
  return new AlpacaError('InvalidInput', `${name} has no rows${left}; nothing was written.`, {
    remedy: bad.length === 0 ? 'Name a file with at least one row.' : 'Mend them, or name another --field.',
  });
}

/** That a file can be put there is better known before minutes of work than after. */
async function checkFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return;
  throw new AlpacaError('NotFound', `There is no folder ${folder} to write ${basename(path)} to.`, {
    remedy: 'Make it, or name another path.',
  });
}

async function* readInto(rows: SourceRow[], batches: AsyncIterable<SourceRow[]>): AsyncGenerator<string[]> {
  for await (const batch of batches) {
    for (const row of batch) rows.push(row);
    yield batch.map(({ instruction }) => instruction);
  }
}

function* keptLines(outcome: DedupeOutcome<SourceRow>, mode: CorpusOptions['mode']): Generator<string> {
  if (mode === 'threshold') {
    for (const { json } of keptRows(outcome)) yield json;
    return;
  }
  for (const { instruction: _, json, ...added } of similarityRows(outcome)) yield withFields(json, added);
}

function* rejectedLines(outcome: DedupeOutcome<SourceRow>): Generator<string> {
  for (const { instruction: _, json, ...added } of rejectedRows(outcome)) yield withFields(json, added);
}

/** A row with fields added to those it came with. */
function withFields(json: string, added: object): string {
  const row: object = JSON.parse(json);
  return JSON.stringify({ ...row, ...added });
}

/** The lines of a JSON array with one row a line. */
function* asArray(rows: Iterable<string>): Generator<string> {
  yield '[';
  let previous: string | null = null;
  for (const row of rows) {
    if (previous !== null) yield `${previous},`;
    previous = row;
  }
  if (previous !== null) yield previous;
  yield ']';
}

async function writeRows(path: string, lines: Iterable<string>, signal: AbortSignal): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await writeLines(temporary, path.endsWith('.json') ? asArray(lines) : lines, signal);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw storageError(error, path);
  }
}
