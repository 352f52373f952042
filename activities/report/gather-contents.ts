import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ArtifactReference, DataRow } from '../../workflows/contracts/data.ts';
import { duplicatesReport } from '../../workflows/contracts/dedupe.ts';
import { requestYield } from '../../workflows/contracts/generate.ts';
import type { ReleaseInput } from '../../workflows/contracts/release.ts';
import { readRows, streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { languageOfRows } from '../classes/count-classes.ts';
import { measureData } from '../document/data-statistics.ts';
import { histogramOfShares } from '../document/histogram.ts';
import { seedOf, settingsOf } from '../document/run-settings.ts';
import type { ReportContents } from './report-contents.ts';
import { analyseRows } from './rows/row-analysis.ts';
import { readSpending } from './spending.ts';

export interface ReportSource {
  name: string;
  rows: readonly DataRow[];
  dataSha256: string;
  /** the path of the rows with `most_similar_instructions`, where dedupe's full mode wrote it */
  similarity: string | null;
  run: ReleaseInput['run'];
}

export interface ReportPlace {
  /** holds the run's ledger */
  store: ArtifactStore;
  /** the path of something that the run made; null where it is not here, and the report does without */
  open(reference: ArtifactReference): Promise<string | null>;
}

/** Measures the rows and reads what the run's steps made. */
export async function gatherContents(
  { name, rows, dataSha256, similarity, run }: ReportSource,
  { store, open }: ReportPlace,
  signal: AbortSignal,
): Promise<ReportContents> {
  const settings = settingsOf(run);
  const absent: string[] = [];
  async function read<Content>(
    what: string,
    reference: ArtifactReference | null | undefined,
    parse: (path: string) => Promise<Content>,
  ): Promise<Content | null> {
    const path = reference ? await open(reference) : null;
    if (reference && path === null) absent.push(what);
    return path === null ? null : parse(path);
  }

  const requests = await read('yield of each request', run?.generate?.yieldByRequest, (path) =>
    readRows(path, requestYield),
  );
  const likeness = similarity === null ? null : await likenessOfRows(similarity);
  const ledger = run?.generate?.stopReason === 'imported' ? null : (settings?.generate.ledger ?? null);
  return {
    name,
    rows,
    dataSha256,
    run,
    settings,
    statistics: measureData(rows, seedOf(settings)),
    analysis: await analyseRows(rows, settings?.language ?? languageOfRows(rows), signal),
    likeness,
    nearest: likeness && histogramOfShares(likeness),
    duplicates: await read('clusters of near duplicates', run?.dedupe?.report, readDuplicates),
    requests: requests ?? [],
    spending: ledger === null ? [] : await readSpending(store, ledger, rows, requests ?? []),
    losses: (await read('training metrics', run?.train?.metrics, (path) => readRows(path, metricsRow))) ?? [],
    absent,
  };
}

/** Similarities as dedupe's full mode writes them; other rows have none. */
const similarityRow = z.object({ most_similar_instructions: z.record(z.string(), z.number()).optional() });

/** The ROUGE-L score of each row's most similar instruction; null where the rows do not have it. */
async function likenessOfRows(path: string): Promise<number[] | null> {
  const scores: number[] = [];
  for await (const { most_similar_instructions } of streamRows(path, similarityRow)) {
    if (most_similar_instructions === undefined) return null;
    scores.push(Math.max(0, ...Object.values(most_similar_instructions)));
  }
  return scores;
}

async function readDuplicates(path: string) {
  return duplicatesReport.parse(JSON.parse(await readFile(path, 'utf8')));
}

const metricsRow = z.object({ step: z.number(), loss: z.number(), learningRate: z.number().optional() });
