import { AlpacaError } from '../../activities/errors.ts';

/** Levels of objects and lists: what reads a body goes into each by itself, and no contract has as many. */
const DEEPEST_BODY = 64;

/** @throws AlpacaError InvalidInput */
export function refuseDeepBody(body: unknown): void {
  if (isDeeper(body, DEEPEST_BODY))
    throw new AlpacaError('InvalidInput', `The body is deep: expected at most ${DEEPEST_BODY} levels.`);
}

function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((part) => isDeeper(part, most - 1));
}
