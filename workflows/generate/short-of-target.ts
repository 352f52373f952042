import type { GenerateInput, GenerateResult } from '../contracts/generate.ts';
import type { Control } from '../control.ts';
import { shortOfTarget } from '../decisions/generation-failures.ts';
import type { GenerationState } from '../decisions/generation-state.ts';
import type { Outage } from '../outage.ts';

/**
 * A stage whose yield collapsed far below what it was to reach, or after which few conversations are left: a person says
 * whether so few rows are trained on.
 */
export async function askWhereShort(
  input: GenerateInput,
  { accepted, tasks, stage, yield: counts }: GenerationState,
  { state: { target, stopEarly } }: Control,
  stopReason: GenerateResult['stopReason'] | undefined,
  outage: Outage,
): Promise<void> {
  // Whoever stopped it early has said so already.
  if (stopEarly) return;
  const reached = { accepted, wanted: tasks?.rows ?? target, counts, stopReason, stage };
  const short = shortOfTarget(input, reached);
  if (short !== null) await outage.untilTold(`${short}; resume goes on with these, cancel ends the run`);
}
