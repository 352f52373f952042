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
import { Defect } from '../contracts/failures.ts';

/**
 * Who does what the course asks for: a workflow by activities, the command by calls. Hooks are told how it goes,
 * and are waited for.
 */
export interface EvaluationDriver {
  /** @param summary what the one activity that is called of them does, for a person */
  activities(summary: string): EvaluateActivities;
  /** Before each part: returns when it may begin. */
  between?(part: string): Promise<void> | void;
  /** A part has ended; the parts so far have cost so many dollars. */
  took?(spentUsd: number): Promise<void> | void;
  /** Before each part that may cost money: what may still be spent in dollars; null: only what is free. */
  budgetLeft(spentUsd: number): number | null;
}

/** How many parts there are: the held-out figures, each candidate's answers, each comparison. */
export function partsOf(evaluation: EvaluateInput): number {
  const candidates = candidatesOf(evaluation).length;
  return 1 + candidates + comparedPairs(candidates, evaluation.pairs).length;
}

/** What costs nothing says nothing of cost. */
type HeldOut = Awaited<ReturnType<EvaluateActivities['evaluateHeldOut']>> & { costUsd?: number };
type Answered = AnsweredInstructions & { costUsd?: number };
type Judged = Awaited<ReturnType<EvaluateActivities['judgePairs']>> & { a: number; b: number };

/**
 * An evaluation from its input to its result, whoever drives it: what is held out, the candidates' answers
 * in their order, then the pairs, one part after the other.
 */
export async function runEvaluation(
  evaluation: EvaluateInput,
  driver: EvaluationDriver,
): Promise<EvaluateResult> {
  let spentUsd = 0;
  const part = async <Result extends { costUsd?: number }>(
    name: string,
    work: (activities: EvaluateActivities) => Promise<Result>,
  ): Promise<Result> => {
    await driver.between?.(name);
    const result = await work(driver.activities(name));
    spentUsd += result.costUsd ?? 0;
    await driver.took?.(spentUsd);
    return result;
  };
  const withinBudget = () => ({ ...evaluation, budgetUsd: driver.budgetLeft(spentUsd) });

  const heldOut = await part<HeldOut>('held-out loss and exact match', (activities) =>
    activities.evaluateHeldOut(evaluation),
  );
  const answered: AnsweredInstructions[] = [];
  for (const [candidate, source] of candidatesOf(evaluation).entries()) {
    const who = isTeacher(source) ? `, from ${source.teacher}` : '';
    const answers = await part<Answered>(
      `answers of model ${candidateLetter(candidate)}${who}`,
      (activities) =>
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
    const found = await part(`${evaluation.judge} judges ${whose} in both orders`, (activities) =>
      activities.judgePairs({ evaluation: withinBudget(), answersA, answersB, excluded, comparison }),
    );
    judged.push({ a, b, ...found });
  }
  return { ...resultOf(heldOut, answered, judged), costUsd: spentUsd };
}

function resultOf(
  { losses, ...heldOut }: HeldOut,
  answered: readonly AnsweredInstructions[],
  judged: readonly Judged[],
): Omit<EvaluateResult, 'costUsd'> {
  const { pairwise, annotations } = at(judged, 0);
  return {
    ...heldOut,
    heldOutAnswers: heldOut.heldOutAnswers ?? [],
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
  if (found === undefined) throw new Defect(`an evaluation has no part ${place} of ${parts.length}`);
  return found;
}
