import { Context } from '@temporalio/activity';
import type { EvaluateActivities } from '../../workflows/contracts/evaluate.ts';
import { runAttempt } from '../attempt.ts';
import { type EvaluateDependencies, EvaluateStep } from './evaluate-step.ts';

/**
 * The activities of the evaluate step. `judgePairs` and `askTeacher` need no device; the others open models.
 */
export function createEvaluateActivities(dependencies: EvaluateDependencies): EvaluateActivities {
  const step = new EvaluateStep(dependencies);
  return {
    evaluateHeldOut: (input) => runAttempt((attempt) => step.evaluateHeldOut(input, attempt)),
    answerInstructions: ({ model, evaluation }) =>
      runAttempt((attempt) => step.answerInstructions(model, evaluation, attempt)),
    askTeacher: ({ teacher, evaluation, candidate }) =>
      runAttempt((attempt) =>
        step.askTeacher(teacher, evaluation, `${payer()} candidate ${candidate}`, attempt),
      ),
    judgePairs: (input) =>
      runAttempt((attempt) => step.judgePairs(input, `${payer()} comparison ${input.comparison}`, attempt)),
  };
}

/** What the response ledger calls this run of the evaluation. */
function payer(): string {
  return `evaluate ${Context.current().info.workflowExecution?.runId ?? ''}`;
}
