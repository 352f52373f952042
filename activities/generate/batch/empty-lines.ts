import { LONGEST_WAIT_MS } from '../../../workflows/contracts/failures.ts';
import {
  A_HANDFUL,
  type Emptiness,
  type EmptyAnswer,
  emptinessOf,
  emptyAnswers,
} from '../../teacher/answer/emptiness.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';

/** How many answers of a job are new, and in which ways how many of them have no text. */
export interface Tally {
  add(answer: EmptyAnswer, profile: TeacherProfile): void;
  /** @throws TeacherFailure EmptyAnswers where a handful and more than half have none, alike: a job is not tried again soon */
  requireTexts(profile: TeacherProfile): void;
}

export function createTally(): Tally {
  const empty = new Map<Emptiness, { times: number; answer: EmptyAnswer }>();
  let answers = 0;
  return {
    add(answer, profile) {
      answers += 1;
      const kind = emptinessOf(answer, profile);
      if (kind !== null) empty.set(kind, { times: (empty.get(kind)?.times ?? 0) + 1, answer });
    },
    requireTexts(profile) {
      for (const [kind, { times, answer }] of empty)
        if (times >= A_HANDFUL && times > answers / 2)
          throw emptyAnswers(kind, `${times} of ${answers} answers`, answer, profile, LONGEST_WAIT_MS);
    },
  };
}
