import { LONGEST_WAIT_MS } from '../../../workflows/contracts/failures.ts';
import {
  A_HANDFUL,
  type EmptyAnswer,
  emptinessOf,
  emptyAnswers,
  unreadableAnswers,
} from '../../teacher/answer/emptiness.ts';
import type { TeacherFailure } from '../../teacher/answer/failures.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';

/** How many answers of a job are new, and how many of them have no text, in whatever way. */
export interface Tally {
  add(answer: EmptyAnswer): void;
  /** one that came and cannot be read */
  addUnreadable(failure: TeacherFailure): void;
  /**
   * @param before answers without a text among the latest before the job
   * @throws TeacherFailure EmptyAnswers where more than half have none, and a handful with those before: a job is not
   *   tried again soon. It is worded by the way that most are empty in
   */
  requireTexts(before: number): void;
}

export function createTally(profile: TeacherProfile): Tally {
  const ways = new Map<string, { times: number; inWords: (which: string) => TeacherFailure }>();
  let answers = 0;
  let empty = 0;
  const count = (way: string, inWords: (which: string) => TeacherFailure) => {
    empty += 1;
    ways.set(way, { times: (ways.get(way)?.times ?? 0) + 1, inWords });
  };
  return {
    add(answer) {
      answers += 1;
      const kind = emptinessOf(answer, profile);
      if (kind !== null) count(kind, (which) => emptyAnswers(kind, which, answer, profile, LONGEST_WAIT_MS));
    },
    addUnreadable(failure) {
      answers += 1;
      count('unreadable', (which) => unreadableAnswers(which, failure, profile, LONGEST_WAIT_MS));
    },
    requireTexts(before) {
      const [most] = [...ways.values()].sort((one, other) => other.times - one.times);
      if (most && empty > answers / 2 && empty + before >= A_HANDFUL)
        throw most.inWords(`${empty} of ${answers} answers`);
    },
  };
}
