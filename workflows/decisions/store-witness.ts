import { type ArtifactReference, artifactReference } from '../contracts/data.ts';

/**
 * How work knows the store of its run: an artifact that was made for the run goes along with whatever is to be done
 * next. A store that lacks it is away, or another one; what is looked for there would seem to be missing, and what
 * was paid for would be paid for again.
 */

/** The header of workflows and activities that names it. */
export const STORE_WITNESS = 'alpaca-store-witness';

/**
 * The last artifact that a result refers to, by its uri; null where it refers to none. A text that names one is no
 * reference: a teacher or a file may have said it. Checkpoints are left out: a training deletes those that it has left
 * behind.
 */
export function witnessIn(result: unknown): string | null {
  if (typeof result !== 'object' || result === null) return null;
  const reference = artifactReference.safeParse(result);
  if (reference.success) return isKept(reference.data) ? reference.data.uri : null;
  return (
    Object.values(result)
      .map(witnessIn)
      .findLast((found) => found !== null) ?? null
  );
}

function isKept({ uri, sha256 }: ArtifactReference): boolean {
  return uri.includes(`/${sha256}/`) && !uri.startsWith('artifact://checkpoint/');
}
