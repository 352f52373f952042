import { generating, processing, schedulingOf } from '../activity-bounds.ts';
import type { GenerateInput, GenerateResult } from '../contracts/generate.ts';
import { requestSettings } from '../contracts/generate.ts';
import type { ControlState } from '../contracts/progress.ts';
import { budgetRequired } from '../decisions/generation-failures.ts';
import { firstState, type GenerationState, imported } from '../decisions/generation-state.ts';
import { failedWith } from '../failed.ts';

/** Stores the seed tasks, estimates, and refuses to begin with a paid teacher and no budget. */
export async function prepareGeneration(
  input: GenerateInput,
  { budgetUsd, concurrency }: ControlState,
): Promise<GenerationState> {
  const { runSeed, language, seedTasks: source, target, threshold } = input;
  const { seedTasks } = await processing('read the seed tasks').sampleSeeds({
    runSeed,
    language,
    seedTasks: source,
    evaluationInstructions: 'builtin',
  });
  const estimate = await generating('estimate the cost', schedulingOf(input)).estimateGeneration({
    settings: requestSettings(input, seedTasks),
    target,
    threshold,
    concurrency,
  });
  if (!estimate.free && budgetUsd === null)
    throw failedWith('BudgetRequired', budgetRequired(input, estimate));
  return firstState(Date.now(), seedTasks, estimate);
}

/** Rows that exist, in place of generating. */
export async function importInstead(
  input: GenerateInput,
  source: NonNullable<GenerateInput['from']>,
): Promise<GenerateResult> {
  const { data } = await generating('import the rows', schedulingOf(input)).importRows({ source });
  return imported(data);
}
