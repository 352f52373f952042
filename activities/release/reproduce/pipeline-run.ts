import type { FilterResult } from '../../../workflows/contracts/filter.ts';
import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import type { ReleasedRun } from '../../../workflows/contracts/release.ts';
import type { CardContents } from '../release-contents.ts';

type Required = 'sample' | 'generate' | 'dedupe';

/** A whole pipeline's run, as far as its data can be made again. */
export type PipelineRun = { settings: AlpacaInput } & Omit<ReleasedRun, Required> & {
    [Step in Required]: NonNullable<ReleasedRun[Step]>;
  };

/** What the run released: what its filter kept, or else its dedupe; nothing is known of other runs. */
export function releasedRows(
  run: Pick<ReleasedRun, 'dedupe' | 'filter'> | null,
): Pick<FilterResult, 'data' | 'similarity'> | null {
  return run?.filter ?? run?.dedupe ?? null;
}

/** Null where the release is of rows alone, or of a run that lacks one of the steps. */
export function pipelineRunOf({ run, settings }: CardContents): PipelineRun | null {
  if (run === null || settings === null) return null;
  const { sample, generate, dedupe } = run;
  return sample && generate && dedupe ? { ...run, settings, sample, generate, dedupe } : null;
}
