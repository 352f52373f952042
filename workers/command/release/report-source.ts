import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import { digestOf } from '../../../activities/artifacts/digest.ts';
import { parseJson } from '../../../activities/artifacts/formats/parse-json.ts';
import { MOST_RECORD_BYTES, readGiven } from '../../../activities/artifacts/given.ts';
import { readRows } from '../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { DATA_FILE } from '../../../activities/release/write-release.ts';
import type { ReportSource } from '../../../activities/report/gather-contents.ts';
import {
  artifactReference,
  type DataRow,
  dataRowOrSeedTask,
  provenance,
} from '../../../workflows/contracts/data.ts';
import { type ReleaseInput, releaseInput } from '../../../workflows/contracts/release.ts';
import { resultOf } from '../../find-run.ts';
import { UsageError } from '../outcome.ts';
import { existing, exists, isThere, openStore } from '../place.ts';
import { lookUpRun, required } from '../runs.ts';

/** What a report is asked of, and the store that its run's artifacts and ledger are in. */
export interface NamedSource {
  source: ReportSource;
  store: ArtifactStore;
}

/**
 * Finds what the user named: a data file, a release folder, `builtin`, an artifact of either kind, or else the
 * id of a finished run, whose release is taken.
 *
 * @throws UsageError, AlpacaError NotFound, or InvalidInput for bad rows
 */
export async function findReportSource(named: string): Promise<NamedSource> {
  const store = openStore();
  if (named === 'builtin')
    return { store, source: await dataSource(builtinPath('seed-tasks', 'en'), 'seed-tasks') };
  if (named.startsWith('artifact://')) {
    const { path, reference } = await store.locate(named);
    const title = reference ? `${basename(path)} ${reference.sha256.slice(0, 12)}` : basename(path);
    return { store, source: await pathSource(path, title) };
  }
  if (await isThere(named)) {
    const path = await existing(named);
    return { store, source: await pathSource(path, nameOfPath(path)) };
  }
  return runSource(named);
}

function nameOfPath(path: string): string {
  return basename(path, extname(path));
}

async function pathSource(path: string, name: string): Promise<ReportSource> {
  return (await stat(path)).isDirectory() ? releaseSource(path) : dataSource(path, name);
}

/** A file of rows. Where dedupe's full mode wrote it, its likeness to the nearest is taken from it. */
async function dataSource(path: string, name: string): Promise<ReportSource> {
  const rows = await readRows(path, dataRowOrSeedTask);
  const { sha256 } = await digestOf(path);
  return { name, rows, dataSha256: sha256, similarity: path, run: null };
}

const releaseManifest = z.object({
  name: z.string(),
  data: z.object({ sha256: z.string() }),
  run: z
    .object({
      workflowId: z.string(),
      runId: z.string(),
      settings: z.unknown(),
      steps: z.record(z.string(), z.unknown()),
    })
    .nullable(),
});

const provenanceLine = provenance.partial().extend({ row: z.int(), language: z.string().optional() });

/** A release as the release step writes it: its rows, where each came from, and its run's figures. */
async function releaseSource(folder: string): Promise<ReportSource> {
  const manifest = await readManifest(join(folder, 'manifest.json'));
  const similarity = join(folder, 'alpaca_data_similarity.json');
  return {
    name: manifest.name,
    rows: await rowsWithProvenance(folder),
    dataSha256: manifest.data.sha256,
    similarity: (await exists(similarity)) ? similarity : null,
    run: runOf(manifest.run),
  };
}

async function readManifest(path: string): Promise<z.infer<typeof releaseManifest>> {
  if (!(await exists(path)))
    throw new UsageError(`There is no ${path}, so this folder is no release. Name a data file.`);
  try {
    return releaseManifest.parse(parseJson(String(await readGiven(path, { most: MOST_RECORD_BYTES }))));
  } catch (error) {
    throw new AlpacaError('InvalidInput', `${path} is no manifest of a release.`, {
      remedy: 'Name a data file, or a folder that the release step wrote.',
      cause: error,
    });
  }
}

async function rowsWithProvenance(folder: string): Promise<DataRow[]> {
  const rows = await readRows(join(folder, DATA_FILE), dataRowOrSeedTask);
  const path = join(folder, 'provenance.jsonl');
  if (!(await exists(path))) return rows;
  for (const { row: at, language, ...origin } of await readRows(path, provenanceLine)) {
    const row = rows[at];
    const checked = provenance.safeParse(origin);
    if (!row) continue;
    if (language !== undefined) row.language = language;
    if (checked.success) row.provenance = checked.data;
  }
  return rows;
}

/** The run's figures from the manifest; null where another version wrote them in another form. */
function runOf(run: z.infer<typeof releaseManifest>['run']): ReleaseInput['run'] {
  if (run === null) return null;
  const { workflowId, runId, settings, steps } = run;
  const checked = releaseInput.shape.run.safeParse({ workflowId, runId, input: settings, ...steps });
  return checked.success ? checked.data : null;
}

const released = z
  .object({ release: z.object({ release: artifactReference }) })
  .transform(({ release }) => release.release);

/** The release of a finished run that the store or the server knows. */
async function runSource(id: string): Promise<NamedSource> {
  const { run, store } = await lookUpRun(id).catch((error: unknown) => {
    if (!(error instanceof AlpacaError)) throw error;
    throw new AlpacaError(error.code, `There is no file or folder ${id}. ${error.message}`, { cause: error });
  });
  const release = required(resultOf(run, { alpaca: released }, 'has a report'));
  return { store, source: await releaseSource(await store.open(release)) };
}
