import type { GenerateInput } from '../contracts/generate.ts';
import type { Progress, SettingsInForce } from '../contracts/progress.ts';
import { startingWith } from '../control.ts';
import { acceptedInstructions } from '../decisions/generation-state.ts';
import { progressAtFirst } from '../decisions/progress-of.ts';
import type { GenerateHandedOver } from '../decisions/start/starts.ts';

/** What a generation shows as its stages. */
export const STAGES = ['generate', 'dedupe'] as const;

export function settingsOf(input: GenerateInput, carried: GenerateHandedOver | null): SettingsInForce {
  const { budgetUsd, target, concurrency } = input;
  return carried ?? startingWith({ budgetUsd, target, concurrency });
}

/** Before this run of it begins. */
export function progressSoFar(input: GenerateInput, carried: GenerateHandedOver | null): Progress {
  const { control } = settingsOf(input, carried);
  const { totals } = carried?.state ?? {};
  const accepted = carried?.state ? acceptedInstructions(carried.state) : 0;
  const figures = { accepted, target: control.target, costUsd: totals?.costUsd ?? 0 };
  return progressAtFirst(STAGES, { control, ...figures }, new Date());
}
