import type { FailureCode } from '../../../workflows/contracts/failures.ts';
import { AlpacaError } from '../../errors.ts';

/**
 * What a release says of itself, one sentence at a time, and what checking it came to. `not checkable` is no
 * fault of the release: what it takes is not at hand, or costs more than a check may.
 */
export interface Claim {
  claim: string;
  verdict: 'holds' | 'differs' | 'not checkable';
  detail: string;
}

export type Finding = Omit<Claim, 'claim'>;

export function holds(detail: string): Finding {
  return { verdict: 'holds', detail };
}

export function notCheckable(detail: string): Finding {
  return { verdict: 'not checkable', detail };
}

/** The most differences that are told one by one. */
const TOLD = 5;

/** Differs where there is any difference, and tells the first of them; else holds. */
export function unless(differences: readonly string[], detail: string): Finding {
  if (differences.length === 0) return holds(detail);
  const more = differences.length > TOLD ? `; and ${differences.length - TOLD} more` : '';
  return { verdict: 'differs', detail: `${differences.slice(0, TOLD).join('; ')}${more}` };
}

/** `WHAT is FOUND, not EXPECTED` for each of the pairs that are not equal. */
export function unequal(
  pairs: readonly (readonly [what: string, found: unknown, expected: unknown])[],
): string[] {
  return pairs.flatMap(([what, found, expected]) =>
    found === expected ? [] : [`${what} is ${found}, not ${expected}`],
  );
}

/**
 * Checks one claim about the release's own files: what cannot be read there differs.
 */
export async function check(claim: string, work: () => Finding | Promise<Finding>): Promise<Claim> {
  try {
    return { claim, ...(await work()) };
  } catch (error) {
    return differing(claim, error);
  }
}

/** A claim that differs for what was thrown while it was looked at; a defect is thrown on. */
export function differing(claim: string, error: unknown): Claim {
  const reason = reasonOf(error);
  if (reason === null) throw error;
  return { claim, verdict: 'differs', detail: reason };
}

/**
 * Checks one claim by what the store holds: what is no longer there, or is asked of a teacher that this
 * machine does not know, is not checkable; what is there and damaged differs.
 */
export async function checkByStore(claim: string, work: () => Promise<Finding>): Promise<Claim> {
  try {
    return { claim, ...(await work()) };
  } catch (error) {
    const isAbsent = error instanceof AlpacaError && ABSENT.has(error.code);
    return isAbsent ? { claim, ...notCheckable(error.message) } : differing(claim, error);
  }
}

const ABSENT: ReadonlySet<FailureCode> = new Set(['NotFound', 'Configuration', 'RefusedPath']);

/** What a typed error says; null for a defect, which is to be seen. */
function reasonOf(error: unknown): string | null {
  if (error instanceof AlpacaError) return error.message;
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'ENOENT' ? `${path} is missing` : null;
}
