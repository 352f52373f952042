import {
  BALLOT_LETTERS,
  type Ballot,
  CHOICES,
  type Choice,
  choice,
  type RatingMode,
  type Vote,
  type VoteAnswer,
  votes,
} from '../contracts/rate.ts';

/** A rater's votes and the rules that they are taken by. Pure: workflows, pages and tests share it. */

export function emptyBallot(items: number): Ballot {
  return {
    letters: BALLOT_LETTERS.open.repeat(items),
    revisions: Array.from({ length: items }, () => 0),
  };
}

/**
 * Takes votes into a ballot. A vote counts if its revision is newer than what stands, so that one that
 * arrives twice, or late, changes nothing; the answer says what stands for each of them.
 */
export function takeVotes(before: Ballot, given: readonly Vote[]): { ballot: Ballot; answer: VoteAnswer } {
  const letters = [...before.letters];
  const revisions = [...before.revisions];
  for (const { item, revision, choice: chosen } of given) {
    if (revision <= (revisions[item] ?? Number.POSITIVE_INFINITY)) continue;
    letters[item] = BALLOT_LETTERS[chosen];
    revisions[item] = revision;
  }
  const ballot = { letters: letters.join(''), revisions };
  return { ballot, answer: answerFor(ballot, given) };
}

/** What stands for the items of these votes. */
export function answerFor(ballot: Ballot, given: readonly Vote[]): VoteAnswer {
  return {
    standing: given.map(({ item }) => ({
      item,
      revision: ballot.revisions[item] ?? 0,
      choice: choiceAt(ballot, item),
    })),
    rated: ratedIn(ballot.letters),
  };
}

/** True where the letters are those of a ballot of so many items. */
export function isBallot(letters: string, items: number): boolean {
  return letters.length === items && [...letters].every((letter) => CHOICE_OF.has(letter));
}

/** How many items have a vote or were skipped. */
export function ratedIn(letters: string): number {
  return [...letters].filter((letter) => letter !== BALLOT_LETTERS.open).length;
}

export function choiceAt({ letters }: Pick<Ballot, 'letters'>, item: number): Choice {
  return CHOICE_OF.get(letters[item] ?? '') ?? 'open';
}

/** Why votes cannot be taken, as a sentence without its subject; null where they can. */
export function faultOf(given: unknown, mode: RatingMode, assigned: number): string | null {
  const checked = votes.safeParse(given);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    return `${['votes', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'wrong'}`;
  }
  for (const { item, choice: chosen } of checked.data) {
    if (item >= assigned) return `there is no item ${item}, only ${assigned} from 0`;
    if (!CHOICES[mode].includes(chosen))
      return `${chosen} is no choice here: ${CHOICES[mode].join(', ')} are`;
  }
  return null;
}

const CHOICE_OF: ReadonlyMap<string, Choice> = new Map(
  choice.options.map((option) => [BALLOT_LETTERS[option], option]),
);
