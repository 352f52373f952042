import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type RunRecord, runRecord } from '../../workflows/contracts/run/record.ts';
import type { ArtifactStore } from './store.ts';
import { artifactDigests } from './uri.ts';

/**
 * The index of runs that have ended: a record a run, `entries/runs/DIGEST OF ITS WORKFLOW ID/ITS RUN ID.json`. A
 * workflow id may be used again, and on another server that shares the store: each run has a record of its own.
 */
const RUNS = 'runs';

export interface RunIndex {
  /** the last to end first */
  records: RunRecord[];
  /** names of files in it that are no records, such as a torn one */
  unreadable: string[];
  /** of all artifacts that a file in it names, record or not */
  digests: Set<string>;
}

/** Writes the record, whole or not at all. */
export async function writeRunRecord(store: ArtifactStore, record: RunRecord): Promise<void> {
  const { workflowId, runId } = record;
  await store.writeEntry(`${folderOf(workflowId)}/${runId}.json`, `${JSON.stringify(record, null, 2)}\n`);
}

/** Deletes the records of all runs of a workflow id. */
export async function removeRunRecords(store: ArtifactStore, workflowId: string): Promise<void> {
  await store.removeEntries(folderOf(workflowId));
}

export function readRunIndex(store: ArtifactStore): Promise<RunIndex> {
  return readRecords(store, RUNS);
}

/**
 * The records of one id, the last to end first.
 *
 * @param id a workflow id, or the run id of one of its runs
 */
export async function readRunRecords(store: ArtifactStore, id: string): Promise<RunIndex> {
  const found = await recordsOfWorkflow(store, id);
  if (found.records.length > 0 || found.unreadable.length > 0) return found;
  const ofRun = await readRecords(store, RUNS, (name) => basename(name, '.json') === id);
  return { ...ofRun, records: ofRun.records.filter(({ runId }) => runId === id) };
}

/** The records of all runs of a workflow id, the last to end first. */
export async function recordsOfWorkflow(store: ArtifactStore, id: string): Promise<RunIndex> {
  const found = await readRecords(store, folderOf(id));
  return { ...found, records: found.records.filter(({ workflowId }) => workflowId === id) };
}

async function readRecords(
  store: ArtifactStore,
  folder: string,
  isAsked: (name: string) => boolean = () => true,
): Promise<RunIndex> {
  const found: RunIndex = { records: [], unreadable: [], digests: new Set() };
  for (const name of (await store.listEntries(folder)).filter(isAsked)) {
    const content = await store.readEntry(`${folder}/${name}`);
    // Removed since it was listed.
    if (content === null) continue;
    const text = content.toString('utf8');
    for (const digest of artifactDigests(text)) found.digests.add(digest);
    const record = parseRecord(text);
    if (record === null) found.unreadable.push(`entries/${folder}/${name}`);
    else found.records.push(record);
  }
  found.records.sort((left, right) => right.closedAt.localeCompare(left.closedAt));
  return found;
}

function parseRecord(text: string): RunRecord | null {
  try {
    return runRecord.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Ids may be longer than a file's name, and differ in case alone. */
function folderOf(workflowId: string): string {
  return `${RUNS}/${createHash('sha256').update(workflowId).digest('hex')}`;
}
