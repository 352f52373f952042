import type { z } from 'zod';
import type { alpacaInput } from '../../workflows/contracts/pipeline.ts';

export type { FailureCode } from '../../workflows/contracts/failures.ts';
export type { AlpacaResult } from '../../workflows/contracts/pipeline.ts';
export type { ControlState, Progress } from '../../workflows/contracts/progress.ts';
export { AlpacaFailure } from './failure.ts';
export { type AlpacaRun, alpacaRun, type StartOptions, startAlpaca, type Updates } from './run.ts';

/** What a run is started with: `{}` is a whole one. What is left out has its default. */
export type AlpacaInput = z.input<typeof alpacaInput>;
