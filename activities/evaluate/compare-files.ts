import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CandidateResult,
  type Comparison,
  candidatesOf,
  comparedPairs,
  type EvaluateInput,
  type EvaluateResult,
  isTeacher,
} from '../../workflows/contracts/evaluate.ts';
import { leftUsd } from '../../workflows/decisions/budget.ts';
import { writeAtomically } from '../artifacts/atomic.ts';
import { readRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { annotation, modelOutput } from './answers/model-outputs.ts';
import type { EvaluateStep } from './evaluate-step.ts';

/** What a comparison on files finds: the first pair's figures, and those of every candidate and pair. */
export type FileComparison = EvaluateResult['pairwise'] &
  Pick<Comparison, 'meanLengthA' | 'meanLengthB' | 'categories'> & {
    candidates: Omit<CandidateResult, 'heldOut'>[];
    comparisons: Comparison[];
    costUsd: number;
  };

export interface FileRooms {
  step: EvaluateStep;
  store: ArtifactStore;
  /** names this evaluation in the response ledger */
  paidBy: string;
  outFolder: string;
}

/**
 * The evaluation without a server: the candidates `modelA`, `modelB` and `others` answer, pairs are judged in
 * both orders, and the folder gets what AlpacaEval reads: model_outputs_a.json and so on, annotations.json of
 * the first pair (annotations_a_c.json and so on of others), and result.json.
 */
export async function compareFiles(
  evaluation: EvaluateInput,
  rooms: FileRooms,
  attempt: Attempt,
): Promise<FileComparison> {
  const answered = await answerAll(evaluation, rooms, attempt);
  const answersCost = answered.reduce((sum, { costUsd }) => sum + costUsd, 0);
  const judged = await judgeAll(withinBudget(evaluation, answersCost), answered, rooms, attempt);
  const [first] = judged;
  if (!first) throw new Error('two candidates make at least one pair');
  const { pairwise, beside } = first;
  const result: FileComparison = {
    ...pairwise,
    ...beside,
    candidates: answered.map(({ answers, candidate }) => ({ ...candidate, answers })),
    comparisons: judged.map(({ a, b, pairwise, beside, annotations }) => ({
      ...{ a, b, ...pairwise, ...beside },
      annotations,
    })),
    costUsd: answersCost + judged.reduce((sum, { costUsd }) => sum + costUsd, 0),
  };
  await writeResult(result, rooms);
  return result;
}

type Answered = Awaited<ReturnType<EvaluateStep['answerInstructions']>> & { costUsd: number };

async function answerAll(
  evaluation: EvaluateInput,
  { step, paidBy }: FileRooms,
  attempt: Attempt,
): Promise<Answered[]> {
  const answered: Answered[] = [];
  let costUsd = 0;
  for (const source of candidatesOf(evaluation)) {
    const payer = `${paidBy} candidate ${answered.length}`;
    const asked = isTeacher(source)
      ? await step.askTeacher(source.teacher, withinBudget(evaluation, costUsd), payer, attempt)
      : { ...(await step.answerInstructions(source, evaluation, attempt)), costUsd: 0 };
    costUsd += asked.costUsd;
    answered.push(asked);
  }
  return answered;
}

type Judged = Awaited<ReturnType<EvaluateStep['judgePairs']>> & { a: number; b: number };

async function judgeAll(
  evaluation: EvaluateInput,
  answered: readonly Answered[],
  { step, paidBy }: FileRooms,
  attempt: Attempt,
): Promise<Judged[]> {
  const judged: Judged[] = [];
  let costUsd = 0;
  for (const [a, b] of comparedPairs(answered.length, evaluation.pairs)) {
    const [ofA, ofB] = [answered[a], answered[b]];
    if (!ofA || !ofB) continue;
    const { excluded, answers: answersA } = ofA;
    const payer = `${paidBy} comparison ${judged.length}`;
    const found = await step.judgePairs(
      { evaluation: withinBudget(evaluation, costUsd), answersA, answersB: ofB.answers, excluded },
      payer,
      attempt,
    );
    costUsd += found.costUsd;
    judged.push({ a, b, ...found });
  }
  return judged;
}

/** What is left of the budget; null stays null: nothing may cost anything. */
function withinBudget(evaluation: EvaluateInput, spentUsd: number): EvaluateInput {
  return { ...evaluation, budgetUsd: leftUsd(evaluation.budgetUsd, spentUsd) };
}

async function writeResult(result: FileComparison, { store, outFolder }: FileRooms): Promise<void> {
  await mkdir(outFolder, { recursive: true });
  const write = (name: string, value: unknown) =>
    writeAtomically(join(outFolder, name), `${JSON.stringify(value, null, 2)}\n`);
  for (const [place, { answers }] of result.candidates.entries())
    await write(
      `model_outputs_${letterOf(place)}.json`,
      await readRows(await store.open(answers), modelOutput),
    );
  for (const [index, { a, b, annotations }] of result.comparisons.entries()) {
    const name = index === 0 ? 'annotations.json' : `annotations_${letterOf(a)}_${letterOf(b)}.json`;
    await write(name, await readRows(await store.open(annotations), annotation));
  }
  await write('result.json', result);
}

/** a, b, c: how files and messages call candidates by their place. */
function letterOf(place: number): string {
  return String.fromCharCode(97 + place);
}
