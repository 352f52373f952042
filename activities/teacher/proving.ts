import { type FailureCode, LONGEST_WAIT_MS } from '../../workflows/contracts/failures.ts';
import {
  A_HANDFUL,
  type Emptiness,
  type EmptyAnswer,
  emptinessOf,
  emptyAnswers,
} from './answer/emptiness.ts';
import { TeacherFailure } from './answer/failures.ts';
import type { TeacherProfile } from './profile/profiles.ts';
import { unlessAborted } from './unless-aborted.ts';

/**
 * Until a teacher has shown that it answers, and with a text, one piece of work goes ahead and the others wait for
 * it: a wrong key or an unknown model then costs one request, and answers without a text a handful, however many
 * requests are ready to be sent. So it is again once a failure said that no request can succeed.
 */
export interface Proving {
  /**
   * @throws what `work` throws; the failure of the one that went ahead, where it holds for every request;
   *   or the reason of `signal`
   */
  run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
  /**
   * Notes an answer that came.
   *
   * @throws TeacherFailure EmptyAnswers where it has no text, as most before it
   */
  hear(answer: EmptyAnswer, profile: TeacherProfile): void;
}

/** What is wrong with the profile and so with every request of it, not with one or for the moment. */
const HOLDS_FOR_ALL: ReadonlySet<FailureCode> = new Set([
  'Authentication',
  'Permission',
  'UnknownModel',
  'QuotaExhausted',
  'Configuration',
  'EmptyAnswers',
]);

const FIRST_WAIT_MS = 15_000;

/** Each asking that brings no text after the handful costs the same for nothing: the next is twice as far away. */
function waitAfter(weight: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (weight - A_HANDFUL));
}

export function createProving(): Proving {
  let proven = false;
  let ahead: Promise<void> | null = null;
  let heard: Emptiness | null = null;
  let inRow = 0;
  let weight = 0;
  return {
    async run(signal, work) {
      while (!proven && ahead !== null) await unlessAborted(ahead, signal);
      const shown = Promise.withResolvers<void>();
      // Nobody may be waiting for it.
      shown.promise.catch(() => {});
      if (!proven) ahead = shown.promise;
      try {
        const result = await work();
        proven ||= heard === null;
        shown.resolve();
        return result;
      } catch (error) {
        if (error instanceof TeacherFailure && HOLDS_FOR_ALL.has(error.code)) {
          proven = false;
          shown.reject(error);
        } else {
          proven ||= !signal.aborted && heard === null;
          shown.resolve();
        }
        throw error;
      } finally {
        if (ahead === shown.promise) ahead = null;
      }
    },
    hear(answer, profile) {
      const emptiness = emptinessOf(answer, profile);
      // Endpoints have more than one way to give no text, and take turns; a text makes up for two answers without.
      inRow = emptiness === null ? 0 : inRow + 1;
      weight = emptiness === null ? Math.max(0, Math.min(weight, A_HANDFUL) - 2) : weight + 1;
      heard = emptiness;
      if (emptiness === null || weight < A_HANDFUL) return;
      const which = inRow >= A_HANDFUL ? `${inRow} answers in a row` : 'most of its latest answers';
      throw emptyAnswers(emptiness, which, answer, profile, waitAfter(weight));
    },
  };
}
