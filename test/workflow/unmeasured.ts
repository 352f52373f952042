import type { InjectedSinks } from '@temporalio/worker';
import type { RunSinks } from '../../workflows/show.ts';

/** For workers of tests, and for replays: nobody measures their runs. */
export const UNMEASURED: InjectedSinks<RunSinks> = {
  runs: { stands: { fn() {} }, ended: { fn() {} } },
};
