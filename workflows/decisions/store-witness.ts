/**
 * How work knows the store of its run: an artifact that was made for the run goes along with whatever is to be done
 * next. A store that lacks it is away, or another one; what is looked for there would seem to be missing, and what
 * was paid for would be paid for again.
 */

/** The header of workflows and activities that names it. */
export const STORE_WITNESS = 'alpaca-store-witness';

const ARTIFACT = /artifact:\/\/([a-z0-9-]+)\/[0-9a-f]{64}\/[^/\\"]+/g;

/**
 * The last artifact that a result names, by its uri; null where it names none. Checkpoints are left out: a training
 * deletes those that it has left behind.
 */
export function witnessIn(result: unknown): string | null {
  const named = [...(JSON.stringify(result) ?? '').matchAll(ARTIFACT)];
  return named.findLast(([, kind]) => kind !== 'checkpoint')?.[0] ?? null;
}
