import {
  type AnsweredInstructions,
  candidateLetter,
  candidatesOf,
  comparedPairs,
  type EvaluateActivities,
  type EvaluateInput,
  type EvaluateResult,
  isTeacher,
} from '../contracts/evaluate.ts';

/** What a driver adds to the course: when a part may start, what becomes of its figures, and the money. */
export interface EvaluationHooks {
  /** Before each part, with its name for a person: returns when the part may start. */
  between(part: string): Promise<void> | void;
  /** After each part, with what the parts so far have cost in dollars. */
  took(spentUsd: number): Promise<void> | void;
  /** Before each part that may cost money: what may still be spent in dollars; null: only what is free. */
  budgetLeft(spentUsd: number): number | null;
}

/** How many parts there are: the held-out figures, each candidate's answers, each comparison. */
export function partsOf(evaluation: EvaluateInput): number {
  const candidates = candidatesOf(evaluation).length;
  return 1 + candidates + comparedPairs(candidates, evaluation.pairs).length;
}

/** What is left of a budget, never less than nothing: it may have been lowered. Null stays null. */
export function leftOf(budgetUsd: number | null, spentUsd: number): number | null {
  return budgetUsd === null ? null : Math.max(0, budgetUsd - spentUsd);
}

type Judged = Awaited<ReturnType<EvaluateActivities['judgePairs']>> & { a: number; b: number };

/**
 * An evaluation from its input to its result, whoever drives it: what is held out, the candidates' answers
 * in their order, then the pairs, one part after the other. Pure: what it does goes through `activities`.
 */
export async function evaluationCourse(
  evaluation: EvaluateInput,
  activities: EvaluateActivities,
  hooks: EvaluationHooks,
): Promise<EvaluateResult> {
  let spentUsd = 0;
  const part = async <Result extends object>(name: string, work: () => Promise<Result>): Promise<Result> => {
    await hooks.between(name);
    const result = await work();
    if ('costUsd' in result && typeof result.costUsd === 'number') spentUsd += result.costUsd;
    await hooks.took(spentUsd);
    return result;
  };
  const withinBudget = () => ({ ...evaluation, budgetUsd: hooks.budgetLeft(spentUsd) });

  const heldOut = await part('held-out loss and exact match', () => activities.evaluateHeldOut(evaluation));
  const answered: AnsweredInstructions[] = [];
  for (const [candidate, source] of candidatesOf(evaluation).entries()) {
    const answers = await part<AnsweredInstructions>(`answers of model ${candidateLetter(candidate)}`, () =>
      isTeacher(source)
        ? activities.askTeacher({ teacher: source.teacher, evaluation: withinBudget(), candidate })
        : activities.answerInstructions({ model: source, evaluation }),
    );
    answered.push(answers);
  }
  const judged: Judged[] = [];
  for (const [comparison, [a, b]] of comparedPairs(answered.length, evaluation.pairs).entries()) {
    const { answers: answersA, excluded } = at(answered, a);
    const { answers: answersB } = at(answered, b);
    const whose = comparison === 0 ? 'each pair' : `${candidateLetter(a)} against ${candidateLetter(b)}`;
    const found = await part(`judge ${whose} in both orders`, () =>
      activities.judgePairs({ evaluation: withinBudget(), answersA, answersB, excluded, comparison }),
    );
    judged.push({ a, b, ...found });
  }
  return { ...resultOf(heldOut, answered, judged), costUsd: spentUsd };
}

function resultOf(
  { losses, ...heldOut }: Awaited<ReturnType<EvaluateActivities['evaluateHeldOut']>>,
  answered: readonly AnsweredInstructions[],
  judged: readonly Judged[],
): Omit<EvaluateResult, 'costUsd'> {
  const { pairwise, annotations } = at(judged, 0);
  return {
    ...heldOut,
    ...{ pairwise, annotations },
    answersA: at(answered, 0).answers,
    answersB: at(answered, 1).answers,
    candidates: answered.map(({ answers, candidate }, place) => ({
      ...candidate,
      ...{ answers, heldOut: losses[place] ?? null },
    })),
    comparisons: judged.map(({ a, b, pairwise, beside, annotations }) => ({
      ...{ a, b, ...pairwise },
      ...{ ...beside, annotations },
    })),
  };
}

function at<Part>(parts: readonly Part[], place: number): Part {
  const found = parts[place];
  if (found === undefined) throw new RangeError(`an evaluation has no part ${place} of ${parts.length}`);
  return found;
}
