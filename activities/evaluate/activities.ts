import { Context } from '@temporalio/activity';
import type { EvaluateActivities } from '../../workflows/contracts/evaluate.ts';
import { runAttempt } from '../activity-attempt.ts';
import { type EvaluateDependencies, EvaluateStep } from './evaluate-step.ts';

/**
 * The activities of the evaluate step. `judgePairs` and `askTeacher` need no device; the others open models.
 */
export function createEvaluateActivities(dependencies: EvaluateDependencies): EvaluateActivities {
  const attempted = <Result>(work: (step: EvaluateStep) => Promise<Result>, payer?: string) =>
    runAttempt((attempt) => work(new EvaluateStep(dependencies, paidBy(payer), attempt)));
  return {
    evaluateHeldOut: (input) => attempted((step) => step.evaluateHeldOut(input)),
    answerInstructions: (input) => attempted((step) => step.answerInstructions(input)),
    askTeacher: ({ payer, ...input }) => attempted((step) => step.askTeacher(input), payer),
    judgePairs: ({ payer, ...input }) => attempted((step) => step.judgePairs(input), payer),
  };
}

/** What the response ledger calls this run of the evaluation. */
function paidBy(payer = Context.current().info.workflowExecution?.runId): string {
  return `evaluate ${payer ?? ''}`;
}
