import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type HubRows, hubRows } from '../../workflows/contracts/data/hub.ts';
import { makeFolder } from '../artifacts/atomic.ts';
import { parseJson } from '../artifacts/formats/parse-json.ts';
import { streamGiven } from '../artifacts/given.ts';
import { type RowText, readRowTexts } from '../artifacts/lines.ts';
import { AlpacaError, storageError } from '../errors.ts';
import { choosePart } from './data-parts.ts';
import { type AtCommit, type Fetched, fetchFromHub, type HubAccess } from './repository.ts';

/**
 * What `hf:OWNER/NAME[@REVISION][#PART]` names.
 *
 * @throws AlpacaError InvalidInput for what is no such name
 */
export function readHubRows(source: string): HubRows {
  const named = hubRows(source);
  if (named) return named;
  throw new AlpacaError('InvalidInput', `${source} is no name of a data set of the hub.`, {
    remedy: 'Expected hf:OWNER/NAME, with @REVISION and #CONFIG/SPLIT or #FILE where they are needed.',
  });
}

/**
 * The rows of a data set of the hub as one file of JSON lines, in the cache: of what is not there only the files of the part that
 * is meant are fetched, and those of several shards are joined in the order of their numbers.
 *
 * @throws AlpacaError as `fetchFromHub` and `choosePart`; InvalidInput naming file and row that cannot be read
 */
export function fetchRows(rows: HubRows, access: HubAccess): Promise<Fetched> {
  const { name, part } = rows;
  const digest = createHash('sha256')
    .update(part ?? '')
    .digest('hex')
    .slice(0, 16);
  const placeIn = (folder: string) => join(folder, digest, `${basename(name)}.jsonl`);
  return fetchFromHub(
    rows,
    {
      async make(repository) {
        const { cache, commit } = repository;
        const made = placeIn(cache.made(commit));
        if (!(await exists(made))) await joinInto(made, await filesOf(repository, rows), access.signal);
        return made;
      },
      async inCache(cache, commit) {
        const made = placeIn(cache.made(commit));
        return (await exists(made)) ? made : null;
      },
    },
    access,
  );
}

// details -----------------------------------------------------------------------------------------------
const CARD = 'README.md';

/** A file of the part, and what messages call it. */
interface NamedFile {
  path: string;
  name: string;
}

async function filesOf({ files, fetch }: AtCommit, { name, part }: HubRows): Promise<NamedFile[]> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const card = byPath.get(CARD);
  const text = card ? await readFile(await fetch(card), 'utf8') : null;
  const fetched: NamedFile[] = [];
  for (const path of choosePart([...byPath.keys()], text, part, name)) {
    const file = byPath.get(path);
    if (file) fetched.push({ path: await fetch(file), name: `${name}, ${path}` });
  }
  return fetched;
}

async function joinInto(to: string, files: readonly NamedFile[], signal?: AbortSignal): Promise<void> {
  const partial = `${to}.${randomBytes(6).toString('hex')}`;
  await makeFolder(join(to, '..'));
  try {
    await pipeline(linesOf(files, signal), createWriteStream(partial));
    await rename(partial, to);
  } catch (error) {
    await rm(partial, { force: true });
    throw storageError(error, to);
  }
}

async function* linesOf(files: readonly NamedFile[], signal?: AbortSignal): AsyncGenerator<string> {
  for (const { path, name } of files)
    for await (const rows of readRowTexts(streamGiven(path, { name, ...(signal && { signal }) }), name))
      yield rows.map((row) => lineOf(row, name)).join('');
}

/** Over one line, as an element of an array may not be. */
function lineOf({ where, text }: RowText, name: string): string {
  const bad = (why: string) =>
    new AlpacaError('InvalidInput', `${name}, ${where}: ${why}.`, {
      remedy: 'Name another part of the data set, or mend a copy of it.',
    });
  if (text === null) throw bad('not valid UTF-8');
  if (!/[\r\n]/.test(text)) return `${text}\n`;
  try {
    return `${JSON.stringify(parseJson(text))}\n`;
  } catch (error) {
    throw bad(`no valid JSON (${(error as Error).message})`);
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
