import { CommanderError } from 'commander';
import { AlpacaError, storageError } from '../../activities/errors.ts';

/** Exit codes that scripts can trust. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The command was called wrongly: an option, an input field, a JSON text. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A person or a supervisor ended the command. `message` says how to go on. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface CommandOutcome {
  exitCode: number;
  /** what, where and what to do; null where it was said already */
  message: string | null;
}

/**
 * The one place where errors become exit codes. A defect keeps its stack where `verbose` is set.
 *
 * @param stopped a person or a supervisor ended the command: what was under way failed for that
 */
export function outcomeOf(error: unknown, verbose: boolean, stopped = false): CommandOutcome {
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage, message: null };
  if (error instanceof UsageError) return { exitCode: EXIT.usage, message: error.message };
  if (error instanceof Interrupted) return { exitCode: EXIT.interrupted, message: error.message };
  const { code, path = 'a file' } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') return { exitCode: EXIT.failed, message: `There is no ${path}. Check the path.` };
  const known = storageError(error, path);
  if (known instanceof AlpacaError) return { exitCode: EXIT.failed, message: known.message };
  const reason = workflowReason(error);
  if (reason !== null) return { exitCode: EXIT.failed, message: reason };
  if (stopped)
    return {
      exitCode: EXIT.interrupted,
      message: 'Stopped. What is in the store is kept: the same command goes on from there.',
    };
  const defect = error instanceof Error ? error : new Error(String(error));
  const detail = verbose ? (defect.stack ?? defect.message) : `${defect.message} (--verbose shows where)`;
  return { exitCode: EXIT.failed, message: `Unexpected failure: ${detail}` };
}

/**
 * The first sentence of ours in a failed workflow's chain of causes; null where it is no such failure. Temporal's classes
 * are known by their names: their packages, which most commands have no use for, take longer to load than all else here.
 */
function workflowReason(error: unknown): string | null {
  let reason: string | null = null;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at.name === 'ApplicationFailure') return at.message;
    if (at.name === 'CancelledFailure') return 'The run was cancelled; what it made so far is kept.';
    else if (at.name === 'WorkflowFailedError' && reason === null) reason = at.message;
  }
  return reason;
}
