import type { StepProgress } from '../workflows/contracts/progress.ts';

/**
 * What domain code is given to report to and to stop by. It knows nothing of Temporal: the command line
 * passes one that draws a progress bar, an activity one that heartbeats.
 */
export interface Attempt {
  readonly signal: AbortSignal;
  /** whose turn it is where work waits: 1 to 5, lower first, and within one the keys in turn */
  readonly priority?: number;
  readonly fairnessKey?: string;
  /** once the signal is there: whether nobody wants the work any more, as with a cancelled run */
  isUnwanted?(): boolean;
  report(progress: StepProgress): void;
}

/** An attempt that nobody watches and nothing stops. */
export const unwatched: Attempt = { signal: new AbortController().signal, report() {} };
