import { generating, processing, schedulingOf } from '../activity-bounds.ts';
import type { ArtifactReference } from '../contracts/data.ts';
import type { GenerateInput, GenerateResult } from '../contracts/generate.ts';
import { requestSettings } from '../contracts/generate.ts';
import type { GatheredRows } from '../contracts/generate-activities.ts';
import type { ControlState } from '../contracts/progress.ts';
import { firstStage, stageAfter } from '../contracts/run/stages.ts';
import { budgetRequired } from '../decisions/generation-failures.ts';
import {
  enterNextStage,
  firstState,
  type GenerationState,
  gathering,
  imported,
} from '../decisions/generation-state.ts';
import { failedWith } from '../failed.ts';

/** Stores the seed tasks, estimates, and refuses to begin with a paid teacher and no budget. */
export async function prepareGeneration(
  input: GenerateInput,
  { budgetUsd, concurrency }: ControlState,
): Promise<GenerationState> {
  const { runSeed, language, languages, seedTasks: source, target, threshold } = input;
  const { seedTasks } = await processing('read the seed tasks').sampleSeeds({
    runSeed,
    language,
    languages,
    seedTasks: source,
    evaluationInstructions: 'builtin',
  });
  const estimate = await generating('estimate the cost', schedulingOf(input)).estimateGeneration({
    settings: requestSettings(input, seedTasks),
    ...{ target, threshold, concurrency },
  });
  if (!estimate.free && budgetUsd === null)
    throw failedWith('BudgetRequired', budgetRequired(input, estimate));
  return firstState(Date.now(), seedTasks, estimate, firstStage(input));
}

/**
 * Gathers what a stage gave, and prepares the next one in the same state: what it asks, and what that can cost.
 *
 * @returns null where there is a next stage; else what the last one gave
 */
export async function gatherStage(
  input: GenerateInput,
  state: GenerationState,
  pool: ArtifactReference,
  { stopReason, stoppedBefore }: { stopReason: GenerateResult['stopReason']; stoppedBefore: boolean },
  { concurrency }: ControlState,
): Promise<GatheredRows | null> {
  const ask = generating('gather the accepted rows', schedulingOf(input));
  const gathered = await ask.gatherAccepted(gathering(state, pool, input));
  const next = stageAfter(input, state.stage, gathered.data);
  if (next === null) return gathered;
  const settings = requestSettings(input, state.seedTasks, next);
  const { threshold } = input;
  const target = gathered.data.rows;
  const estimating = generating(`estimate the stage ${next.stage}`, schedulingOf(input));
  const estimate = await estimating.estimateGeneration({ settings, target, threshold, concurrency });
  enterNextStage(input, state, stopReason, gathered, stoppedBefore);
  state.estimate = estimate;
  return null;
}

/** Rows that exist, in place of generating. */
export async function importInstead(
  input: GenerateInput,
  source: NonNullable<GenerateInput['from']>,
): Promise<GenerateResult> {
  const { data } = await generating('import the rows', schedulingOf(input)).importRows({ source });
  return imported(data);
}
