import { alpacaInput } from '../../workflows/contracts/pipeline.ts';
import { requireRole, type Visitor } from './access/visitor.ts';
import { cancelRun, terminateRun } from './end-run.ts';
import type { RunEstimate } from './estimate.ts';
import { type StartRequest, startRun } from './start-run.ts';
import type { StartedRun } from './startable.ts';
import { type SteeredRunsPlaces, steeredRuns } from './steered-runs.ts';
import { type UpdateRequest, updateRun } from './updates.ts';
import { checkedInput } from './wrong-fields.ts';

/**
 * What a visitor of a service can do with runs, whatever protocol he speaks. A run is named by its workflow id, or by the
 * run id of one of its runs.
 *
 * @throws AlpacaError Permission where his role is too low, NotFound, InvalidInput with the fields that are wrong
 */
export interface RunSteering {
  start(visitor: Visitor, request: StartRequest): Promise<StartedRun>;
  /** what a run of `alpaca` with that input would take; sends nothing, and reads no file beside the store's */
  estimate(visitor: Visitor, input: unknown): Promise<RunEstimate>;
  /** @returns what the run answers */
  update(visitor: Visitor, run: string, request: UpdateRequest): Promise<unknown>;
  cancel(visitor: Visitor, run: string): Promise<void>;
  terminate(visitor: Visitor, run: string, reason: string): Promise<void>;
}

export function runSteering(places: SteeredRunsPlaces): RunSteering {
  const runs = steeredRuns(places);
  return {
    start: (visitor, request) => startRun(runs, visitor, request),
    async estimate(visitor, input) {
      requireRole(visitor, 'run');
      // What it takes is loaded by whoever asks for one.
      const { estimateWhole } = await import('./estimate.ts');
      return estimateWhole(checkedInput(alpacaInput, input ?? {}), places.store);
    },
    update: (visitor, run, request) => updateRun(runs, visitor, run, request),
    cancel: (visitor, run) => cancelRun(runs, visitor, run),
    terminate: (visitor, run, reason) => terminateRun(runs, visitor, run, reason),
  };
}
