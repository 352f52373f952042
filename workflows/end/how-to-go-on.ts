import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { shellWord } from '../decisions/screen/shell-word.ts';
import { isCancelled } from '../failed.ts';
import { parentRun } from '../parent-run.ts';

/**
 * Ends what a person started, where work fails for good, with the command that does this work again and goes on:
 * a reset to the workflow task that began it. A reset to the last task, which is what one would try, finds the
 * failure in its history and fails again; and one to the first repeats what was done before.
 */
export async function sayingHowToGoOn<Result>(work: () => Promise<Result>): Promise<Result> {
  const { workflowId, namespace, historyLength } = workflowInfo();
  try {
    return await work();
  } catch (error) {
    const isOfWork = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
    if (parentRun() || !isOfWork || isCancelled(error)) throw error;
    const { message, type } = sentenceOf(error);
    // The history ends here with the start of this task; its completion, which is named, comes next.
    const words = [
      'temporal workflow reset',
      `--workflow-id ${shellWord(workflowId)}`,
      `--event-id ${historyLength + 1}`,
    ];
    if (namespace !== 'default') words.push(`--namespace ${shellWord(namespace)}`);
    throw ApplicationFailure.create({
      message: `${message} Once that is mended, this goes on from there: ${words.join(' ')} --reason mended`,
      ...(type ? { type } : {}),
      nonRetryable: true,
      cause: error,
    });
  }
}

/** What the activity said, however deep it failed; that a step was ended by hand; else the last that is known. */
function sentenceOf(error: Error): { message: string; type?: string | null | undefined } {
  let last = error;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure) return at;
    last = at;
  }
  const how =
    last instanceof CancelledFailure ? 'cancelled' : last instanceof TerminatedFailure && 'terminated';
  if (how && error instanceof ChildWorkflowFailure)
    return { message: `The step ${error.workflowType} was ${how}: ${error.execution.workflowId}.` };
  return { message: `${last.message}.` };
}
