import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ArtifactReference } from '../../workflows/contracts/data.ts';
import { dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import type { ReleaseActivities, ReleaseInput, ReleaseResult } from '../../workflows/contracts/release.ts';
import { runAttempt } from '../activity-attempt.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { readRows, streamRows } from '../artifacts/rows.ts';
import { type ArtifactStore, nameOf, type Provenance } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { settingsOf } from '../document/run-settings.ts';
import { gatherContents } from '../report/gather-contents.ts';
import { writeReport } from '../report/report.ts';
import { releasedPairs } from './preference-file.ts';
import { cardContents, type ReleaseContents } from './release-contents.ts';
import { readTrainedModel } from './trained-model.ts';
import { DATA_FILE, writeRelease } from './write-release.ts';

/** The activity of the release step: the folder, its data file by itself, and the report. */
export function createReleaseActivities(deps: { store: ArtifactStore }): ReleaseActivities {
  return {
    writeRelease: (input) => runAttempt((attempt) => releaseRows(input, deps, attempt)),
  };
}

/** Without named data the seed tasks are released, each with its first instance. */
export async function releaseRows(
  input: ReleaseInput,
  { store }: { store: ArtifactStore },
  attempt: Attempt,
): Promise<ReleaseResult> {
  const settings = settingsOf(input.run);
  const { signal } = attempt;
  const builtin = builtinPath('seed-tasks', settings?.language ?? 'en');
  const data = await store.resolve(input.data, 'rows', builtin, signal);
  const rows = await readRows(await store.open(data), dataRowOrSeedTask, nameOf(input.data), { signal });
  attempt.report({ done: 0, total: rows.length, unit: 'rows' });
  const similarity = input.similarity === null ? null : await store.open(input.similarity);
  const { name, licence, run, splits, weights, modelLicence, baseModel, sourceDataset, pairs, votes } = input;
  const preferences = await releasedPairs(input, (reference) => store.open(reference));
  const contents: ReleaseContents = {
    ...cardContents({
      name,
      licence,
      publication: {
        ...{ splits, weights, modelLicence, baseModel, pairs, votes },
        ...(sourceDataset && { sourceDataset }),
      },
      rows,
      run,
      hasSimilarity: similarity !== null,
      hasPairs: preferences.length > 0,
      trainedModel: await readTrainedModel(store, run),
    }),
    dataSha256: data.sha256,
  };
  const reported = await gatherContents(
    { name, rows, dataSha256: data.sha256, similarity, run },
    { store, open: (reference) => store.open(reference) },
    signal,
  );
  signal.throwIfAborted();

  const about: Provenance = { madeBy: 'release', madeFrom: { data: data.sha256 }, rows: rows.length };
  const workspace = await store.workspace('release');
  try {
    const folder = join(workspace, name);
    const similar = similarity === null ? null : streamRows(similarity, anyRow, similarity, { signal });
    await writeRelease(folder, contents, { similarity: similar, pairs: preferences }, store, attempt);
    const report = await store.putFile('report', 'report.html', writeReport(reported), about);
    const dataset = await storeDataset(store, folder, workspace, about);
    const release = await store.take('release', folder, { ...about, settings: { name } });
    attempt.report({ done: rows.length, total: rows.length, unit: 'rows' });
    return { dataset, release, report };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

const anyRow = z.record(z.string(), z.json());

/** The data file as an artifact of its own; the folder keeps its copy. */
async function storeDataset(
  store: ArtifactStore,
  folder: string,
  workspace: string,
  about: Provenance,
): Promise<ArtifactReference> {
  const copy = join(workspace, DATA_FILE);
  await copyFile(join(folder, DATA_FILE), copy);
  return store.take('dataset', copy, about);
}
