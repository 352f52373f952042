import type { EndedStage } from '../../../../../workflows/contracts/generate.ts';
import type { ExpectedRequest } from '../../../../../workflows/contracts/generate-activities.ts';
import type { SelfInstructStage } from '../../../../../workflows/contracts/run/stages.ts';
import { within } from '../../../../../workflows/decisions/forecast/forecasting.ts';
import { firstState, type GenerationState } from '../../../../../workflows/decisions/generation-state.ts';
import { noYield } from '../../../../../workflows/decisions/yield-counts.ts';
import { paidEstimate, reference } from '../../../../workflow/scripted-activities.ts';

const STAGES = ['instructions', 'classification', 'instances'] as const;

/** Each within a factor of two. */
const EXPECTED: Record<SelfInstructStage, ExpectedRequest> = {
  instructions: request(0.2, 2),
  classification: request(0.05, 1),
  instances: request(0.25, 8),
};

/**
 * The books of a run of Self-Instruct in one of its stages: five prompts a request, of which ten instructions come; a
 * request of each stage costs 0.20, 0.05 and 0.25 dollars, at the most 1, and takes 2, 1 and 8 seconds. Ten requests of instructions
 * gave a hundred tasks.
 */
export function inStage(stage: SelfInstructStage, over: Partial<GenerationState> = {}): GenerationState {
  const at = STAGES.indexOf(stage);
  const tasks = stage === 'instructions' ? null : reference('dataset', 100);
  const outlook = {
    ...paidEstimate.outlook,
    secondsPerRequest: EXPECTED[stage].seconds,
    stages: {
      promptsPerRequest: 5,
      now: EXPECTED[stage],
      later: STAGES.slice(at + 1).map((later) => EXPECTED[later]),
      laterWorstCaseUsd: stage === 'instances' ? 0 : 1,
    },
  };
  const acceptedPerRequest = tasks === null ? 10 : 5;
  const estimate = { ...paidEstimate, acceptedPerRequest, outlook };
  const ended = [ENDED, { ...ENDED, stage: 'classification' as const, requests: 20 }].slice(0, at);
  return {
    ...firstState(0, reference('seed-tasks', 8), estimate, { stage, tasks }),
    ...{ earlier: ended, ...over },
  };
}

const ENDED: EndedStage = {
  stage: 'instructions',
  data: reference('dataset', 100),
  stopReason: 'target',
  requests: 10,
  yield: noYield(),
  yieldByRequest: reference('yield', 10),
};

function request(costUsd: number, seconds: number): ExpectedRequest {
  const figures = { promptTokens: within(1000, 2), completionTokens: within(500, 2) };
  return { ...figures, costUsd: within(costUsd, 2), seconds: within(seconds, 2) };
}
