import type { DuplicatesReport } from '../../workflows/contracts/duplicates.ts';
import { type AlpacaInput, alpacaInput } from '../../workflows/contracts/pipeline.ts';
import type { DataRow } from '../../workflows/contracts/rows.ts';
import type { ReleaseInput, RequestYield } from '../../workflows/contracts/steps.ts';
import type { DataStatistics } from './data-statistics.ts';
import type { Histogram } from './histogram.ts';

/** Everything that the release's files and the report are written from. */
export interface ReleaseContents {
  name: string;
  licence: string;
  rows: readonly DataRow[];
  statistics: DataStatistics;
  /** digest of the rows that came into the step */
  dataSha256: string;
  run: ReleaseInput['run'];
  /** the run's input, where it was a whole pipeline's */
  settings: AlpacaInput | null;
  /** ROUGE-L to the nearest row or seed task before it, where dedupe's full mode measured it */
  nearest: Histogram | null;
  /** what dedupe found, where the run has that step */
  duplicates: DuplicatesReport | null;
  /** what became of each request's rows, in order */
  requests: readonly RequestYield[];
  /** training loss by optimizer step */
  losses: readonly { step: number; loss: number }[];
}

/** The settings of a run that was started as the whole pipeline; null for any other input. */
export function settingsOf(run: ReleaseInput['run']): AlpacaInput | null {
  const checked = alpacaInput.safeParse(run?.input);
  return checked.success ? checked.data : null;
}
