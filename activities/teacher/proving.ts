import { type FailureCode, LONGEST_WAIT_MS } from '../../workflows/contracts/failures.ts';
import {
  A_HANDFUL,
  type EmptyAnswer,
  emptinessOf,
  emptyAnswers,
  unreadableAnswers,
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
  /** whether an answer cost more than was reserved for it: what was reserved before that was learnt is too little */
  readonly isDear: boolean;
  /**
   * @throws what `work` throws; the failure of the one that went ahead, where it holds for every request;
   *   or the reason of `signal`
   */
  run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
  /**
   * Notes an answer that came.
   *
   * @param worstCaseUsd what was reserved for it
   * @throws TeacherFailure EmptyAnswers where it has no text, as most before it
   */
  hear(answer: HeardAnswer, profile: TeacherProfile, worstCaseUsd: number): void;
  /**
   * Notes that none came. One that came and cannot be read counts like one without a text.
   *
   * @throws the failure, or TeacherFailure EmptyAnswers as `hear` does
   */
  hearFailure(failure: unknown, profile: TeacherProfile): never;
}

interface HeardAnswer extends EmptyAnswer {
  costUsd: number;
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

/** As a budget has it. */
const ROUNDING = 1 + 1e-9;

const FIRST_WAIT_MS = 15_000;

/** Each asking that brings no text after the handful costs the same for nothing: the next is twice as far away. */
function waitAfter(weight: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (weight - A_HANDFUL));
}

export function createProving(): Proving {
  let proven = false;
  let ahead: Promise<void> | null = null;
  let isEmpty = false;
  let inRow = 0;
  let weight = 0;
  let isDear = false;
  /** Endpoints have more than one way to give no text, and take turns; a text makes up for two answers without. */
  function count(empty: boolean, inWords: (which: string, waitMs: number) => TeacherFailure): void {
    isEmpty = empty;
    inRow = empty ? inRow + 1 : 0;
    weight = empty ? weight + 1 : Math.max(0, Math.min(weight, A_HANDFUL) - 2);
    if (!empty || weight < A_HANDFUL) return;
    const which = inRow >= A_HANDFUL ? `${inRow} answers in a row` : 'most of its latest answers';
    throw inWords(which, waitAfter(weight));
  }
  return {
    get isDear() {
      return isDear;
    },
    async run(signal, work) {
      while (!proven && ahead !== null) await unlessAborted(ahead, signal);
      const shown = Promise.withResolvers<void>();
      // Nobody may be waiting for it.
      shown.promise.catch(() => {});
      if (!proven) ahead = shown.promise;
      try {
        const result = await work();
        proven ||= !isEmpty;
        shown.resolve();
        return result;
      } catch (error) {
        if (error instanceof TeacherFailure && HOLDS_FOR_ALL.has(error.code)) {
          proven = false;
          shown.reject(error);
        } else {
          proven ||= !signal.aborted && !isEmpty;
          shown.resolve();
        }
        throw error;
      } finally {
        if (ahead === shown.promise) ahead = null;
      }
    },
    hear(answer, profile, worstCaseUsd) {
      isDear ||= answer.costUsd > worstCaseUsd * ROUNDING;
      const emptiness = emptinessOf(answer, profile);
      count(emptiness !== null, (which, waitMs) =>
        emptyAnswers(emptiness ?? 'nothing', which, answer, profile, waitMs),
      );
    },
    hearFailure(failure, profile) {
      if (failure instanceof TeacherFailure && failure.code === 'TeacherMalformed')
        count(true, (which, waitMs) => unreadableAnswers(which, failure, profile, waitMs));
      throw failure;
    },
  };
}
