import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactReference, DataRow } from '../../workflows/contracts/data.ts';
import type { DedupeInput, DedupeResult } from '../../workflows/contracts/dedupe.ts';
import { writeJsonLines } from '../artifacts/json-lines.ts';
import type { ArtifactStore, Provenance } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { embeddingPassOf, reportDuplicates } from './duplicates.ts';
import { type DedupeOutcome, keptRows, rejectedRows, similarityRows } from './outcome.ts';
import { tokenizationOf } from './tokenization-choice.ts';

/** Stores what dedupe decided: the kept and rejected rows, their similarity where measured, and the report. */
export async function storeOutcome(
  store: ArtifactStore,
  outcome: DedupeOutcome<DataRow>,
  about: Provenance,
  { signal }: Attempt,
): Promise<DedupeResult> {
  const workspace = await store.workspace('dedupe');
  const put = async (kind: string, name: string, rows: Iterable<unknown>) => {
    const path = join(workspace, name);
    const written = await writeJsonLines(path, rows, signal);
    return store.take(kind, path, { ...about, rows: written });
  };
  const report = reportDuplicates(outcome);
  const { exactDuplicates, normalizedDuplicates, clusters } = report;
  try {
    return {
      data: await put('dataset', 'kept.jsonl', keptRows(outcome)),
      similarity:
        outcome.decisions.similarity === null
          ? null
          : await put('similarity', 'similarity.jsonl', similarityRows(outcome)),
      rejected: await put('rejected', 'rejected.jsonl', rejectedRows(outcome)),
      report: await store.putFile('duplicates', 'duplicates.json', `${JSON.stringify(report, null, 1)}\n`, {
        ...about,
        rows: report.rejected,
      }),
      exactDuplicates: exactDuplicates.total,
      normalizedDuplicates: normalizedDuplicates.total,
      clusters: clusters.total,
      largestCluster: clusters.largest,
      ...tokenizationOf(outcome),
      embedding: embeddingPassOf(outcome),
    };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** What an outcome is made from, and the settings that it depends on. */
export function provenanceOf(
  { threshold, tokenization, mode, conversationsBy, embedding }: DedupeInput,
  data: ArtifactReference,
  against: ArtifactReference | null,
): Provenance {
  return {
    madeBy: 'dedupe',
    madeFrom: { data: data.sha256, ...(against === null ? {} : { against: against.sha256 }) },
    settings: {
      ...{ threshold, tokenization, mode },
      ...(conversationsBy === 'first-message' ? {} : { conversationsBy }),
      ...(embedding === null ? {} : { embedding }),
    },
  };
}
