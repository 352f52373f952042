import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { artifactReference } from '../../../workflows/contracts/data.ts';
import { Refused } from '../openai-errors.ts';
import { checkRows, PURPOSES, type Purpose } from './checked-rows.ts';

/**
 * Files that clients of OpenAI's API have uploaded: of each an artifact with its bytes, and a record,
 * `entries/openai/files/ID.json`, which every service over the store reads.
 */
const UPLOADS = 'openai/files';

const uploadedFile = z.object({
  id: z.string().regex(/^file-[0-9a-f]{24}$/),
  /** as its uploader calls it */
  filename: z.string(),
  purpose: z.enum(PURPOSES),
  artifact: artifactReference,
  createdAt: z.iso.datetime(),
  /** null: it stays until it is deleted */
  expiresAt: z.iso.datetime().nullable(),
  /** the name of who uploaded it */
  by: z.string(),
});
export type UploadedFile = z.infer<typeof uploadedFile>;

type Store = Pick<ArtifactStore, 'readEntry' | 'writeEntry' | 'removeEntries' | 'listEntries' | 'take'>;

/**
 * Checks a file of this machine and takes it into the store.
 *
 * @throws Refused where a row of it is bad: nothing is kept of it
 */
export async function addFile(
  store: Store,
  path: string,
  about: { filename: string; purpose: Purpose; expiresAfterSeconds: number | null; by: string },
  now = new Date(),
): Promise<UploadedFile> {
  const { filename, purpose, expiresAfterSeconds, by } = about;
  const rows = await checkRows(path, purpose, filename);
  const kind = purpose === 'batch' ? 'batch' : 'rows';
  const artifact = await store.take(kind, path, { rows, madeBy: 'upload', madeFrom: { filename } });
  const record: UploadedFile = {
    ...{ id: `file-${randomBytes(12).toString('hex')}`, filename, purpose, artifact, by },
    createdAt: now.toISOString(),
    expiresAt:
      expiresAfterSeconds === null
        ? null
        : new Date(now.getTime() + expiresAfterSeconds * 1000).toISOString(),
  };
  await store.writeEntry(`${UPLOADS}/${record.id}.json`, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** Null where there is none of that id, or its time is over: then its record goes. */
async function readFile(store: Store, id: string, now = new Date()): Promise<UploadedFile | null> {
  if (!/^file-[0-9a-f]{24}$/.test(id)) return null;
  const content = await store.readEntry(`${UPLOADS}/${id}.json`);
  if (content === null) return null;
  const record = uploadedFile.parse(JSON.parse(content.toString('utf8')));
  if (record.expiresAt === null || new Date(record.expiresAt) > now) return record;
  await removeFile(store, id);
  return null;
}

/** @throws Refused where there is none of that id */
export async function fileOf(store: Store, id: string, param: string | null = null): Promise<UploadedFile> {
  const found = await readFile(store, id);
  if (found !== null) return found;
  throw new Refused(param === null ? 404 : 400, `There is no file ${id}.`, { param, code: 'file_not_found' });
}

/** Records, each of which takes a file handle or a connection. */
const READ_AT_ONCE = 32;

/** The latest first; those whose time is over are not among them. */
export async function listFiles(store: Store): Promise<UploadedFile[]> {
  const names = await store.listEntries(UPLOADS);
  const found: UploadedFile[] = [];
  for (let at = 0; at < names.length; at += READ_AT_ONCE) {
    const some = names
      .slice(at, at + READ_AT_ONCE)
      .map((name) => readFile(store, name.replace(/\.json$/, '')));
    for (const record of await Promise.all(some)) if (record !== null) found.push(record);
  }
  return found.sort(
    (left, right) => right.createdAt.localeCompare(left.createdAt) || (left.id < right.id ? 1 : -1),
  );
}

/** Deletes the record: the bytes stay for the runs that learn from them, and else until the store is pruned. */
export async function removeFile(store: Store, id: string): Promise<void> {
  await store.removeEntries(`${UPLOADS}/${id}.json`);
}
