import { AlpacaError } from '../../activities/errors.ts';
import { stageName } from '../../workflows/contracts/pipeline.ts';

/** The types of workflows that others may start: those of raters and of rate limits are started by ours alone. */
export const STARTABLE = ['alpaca', ...stageName.options, 'rate'] as const;
export type Startable = (typeof STARTABLE)[number];

export function isStartable(type: string): type is Startable {
  return STARTABLE.some((name) => name === type);
}

/** Of what others put on the same server, and of what a run has at work beside its steps. */
export function notOfOurs(type: string, id: string): AlpacaError {
  return new AlpacaError('NotFound', `${id} is a workflow of the type ${type}, which is no run.`);
}

export interface StartedRun {
  workflow: Startable;
  workflowId: string;
  /** of its first execution */
  runId: string;
}
