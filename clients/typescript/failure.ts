import { ApplicationFailure } from '@temporalio/client';
import { FAILURES, type FailureCode, isFailureCode } from '../../workflows/contracts/failures.ts';

/** Why a run failed, or an update was refused, by a code of docs/failures.md. */
export class AlpacaFailure extends Error {
  override readonly name = 'AlpacaFailure';
  readonly code: FailureCode;
  /** of `InvalidInput`: each wrong field with its path, its value and what was expected; of others none */
  readonly problems: readonly string[];

  constructor(code: FailureCode, message: string, options: { problems: readonly string[]; cause: unknown }) {
    super(message, { cause: options.cause });
    this.code = code;
    this.problems = options.problems;
  }

  /** what to do about a failure of this code */
  get remedy(): string {
    return FAILURES[this.code].remedy;
  }

  /**
   * The failure with a code within an error of the Temporal SDK, the nearest to what failed for the caller.
   *
   * @returns null where it has none: the run was cancelled or terminated, or the server does not answer
   */
  static within(error: unknown): AlpacaFailure | null {
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      if (!(at instanceof ApplicationFailure) || !isFailureCode(at.type)) continue;
      return new AlpacaFailure(at.type, at.message, { problems: problemsOf(at), cause: error });
    }
    return null;
  }
}

/** Throws what has a code as an AlpacaFailure, and all else as it came. */
export async function withCode<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw AlpacaFailure.within(error) ?? error;
  }
}

function problemsOf({ details }: ApplicationFailure): string[] {
  const [first]: unknown[] = details ?? [];
  if (typeof first !== 'object' || first === null || !('problems' in first)) return [];
  return Array.isArray(first.problems) ? first.problems.filter((each) => typeof each === 'string') : [];
}
