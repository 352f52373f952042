import type { InjectedSinks } from '@temporalio/worker';
import type { TraceSinks } from '../../workflows/interceptors/trace.ts';
import type { RunSinks } from '../../workflows/show.ts';

/** For workers of tests, and for replays: nobody measures or traces their runs. */
export const UNMEASURED: InjectedSinks<RunSinks & TraceSinks> = {
  runs: { stands: { fn() {} }, ended: { fn() {} } },
  traces: { ran: { fn() {} } },
};
