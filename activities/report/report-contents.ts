import type { DataRow } from '../../workflows/contracts/data.ts';
import type { DuplicatesReport } from '../../workflows/contracts/dedupe.ts';
import type { RequestYield } from '../../workflows/contracts/generate.ts';
import type { AlpacaInput } from '../../workflows/contracts/pipeline.ts';
import type { ReleaseInput } from '../../workflows/contracts/release.ts';
import type { DataStatistics } from '../document/data-statistics.ts';
import type { Histogram } from '../document/histogram.ts';
import type { RowAnalysis } from './rows/row-analysis.ts';

/** Everything that a report is written from. What a data set alone does not have is null or empty. */
export interface ReportContents {
  name: string;
  rows: readonly DataRow[];
  statistics: DataStatistics;
  analysis: RowAnalysis;
  /** digest of the rows that came into the step */
  dataSha256: string;
  run: ReleaseInput['run'];
  /** the run's input, where it was a whole pipeline's */
  settings: AlpacaInput | null;
  /** of each row, ROUGE-L to the nearest row or seed task before it, where dedupe's full mode measured it */
  likeness: readonly number[] | null;
  /** the same as a histogram */
  nearest: Histogram | null;
  /** what dedupe found, where the run has that step */
  duplicates: DuplicatesReport | null;
  /** what became of each request's rows, in order */
  requests: readonly RequestYield[];
  /** when requests were answered and for how much, in order of time */
  spending: readonly Spending[];
  /** training loss and learning rate by optimizer step */
  losses: readonly { step: number; loss: number; learningRate?: number | undefined }[];
  /** what the run made and could not be read here, in words */
  absent: readonly string[];
}

/** What a page calls it: many runs have one name, and none the id of another. */
export function titleOf({ name, run }: Pick<ReportContents, 'name' | 'run'>): string {
  return run === null ? name : `${name}, run ${run.workflowId}`;
}

export interface Spending {
  /** milliseconds since 1970, when the ledger recorded the answer */
  at: number;
  costUsd: number;
  completionTokens: number;
}
