import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import type { ReleasedRun } from '../../../workflows/contracts/release.ts';
import type { CardContents } from '../release-contents.ts';

type Required = 'sample' | 'generate' | 'dedupe';

/** A whole pipeline's run, as far as its data can be made again. */
export type PipelineRun = { settings: AlpacaInput } & Omit<ReleasedRun, Required> & {
    [Step in Required]: NonNullable<ReleasedRun[Step]>;
  };

/** Null where the release is of rows alone, or of a run that lacks one of the steps. */
export function pipelineRunOf({ run, settings }: CardContents): PipelineRun | null {
  if (run === null || settings === null) return null;
  const { sample, generate, dedupe } = run;
  return sample && generate && dedupe ? { ...run, settings, sample, generate, dedupe } : null;
}
