import type { FailureCode } from '../../workflows/contracts/failures.ts';
import { TeacherFailure } from './answer/failures.ts';
import { unlessAborted } from './unless-aborted.ts';

/**
 * Until a teacher has shown that it answers, one piece of work goes ahead and the others wait for it: a
 * wrong key or an unknown model then costs one request, however many are ready to be sent.
 */
export interface Proving {
  /**
   * @throws what `work` throws; the failure of the one that went ahead, where it holds for every request;
   *   or the reason of `signal`
   */
  run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

/** What is wrong with the profile and so with every request of it, not with one or for the moment. */
const HOLDS_FOR_ALL: ReadonlySet<FailureCode> = new Set([
  'Authentication',
  'Permission',
  'UnknownModel',
  'QuotaExhausted',
  'Configuration',
]);

export function createProving(): Proving {
  let proven = false;
  let ahead: Promise<void> | null = null;
  return {
    async run(signal, work) {
      while (!proven && ahead !== null) await unlessAborted(ahead, signal);
      if (proven) return work();
      const shown = Promise.withResolvers<void>();
      // Nobody may be waiting for it.
      shown.promise.catch(() => {});
      ahead = shown.promise;
      try {
        const result = await work();
        proven = true;
        shown.resolve();
        return result;
      } catch (error) {
        if (error instanceof TeacherFailure && HOLDS_FOR_ALL.has(error.code)) shown.reject(error);
        else {
          proven = !signal.aborted;
          shown.resolve();
        }
        throw error;
      } finally {
        ahead = null;
      }
    },
  };
}
