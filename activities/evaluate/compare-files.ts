import { join } from 'node:path';
import {
  type CandidateResult,
  type Comparison,
  candidateLetter,
  type EvaluateActivities,
  type EvaluateInput,
  type EvaluateResult,
} from '../../workflows/contracts/evaluate.ts';
import { leftUsd } from '../../workflows/decisions/budget.ts';
import { runEvaluation } from '../../workflows/decisions/evaluation-course.ts';
import { makeFolder, writeAtomically } from '../artifacts/atomic.ts';
import { readRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import { annotation, modelOutput } from './answers/model-outputs.ts';

/** What a comparison on files finds: the first pair's figures, and those of every candidate and pair. */
export type FileComparison = Omit<Comparison, 'a' | 'b' | 'annotations'> &
  Pick<EvaluateResult, 'comparisons' | 'costUsd'> & { candidates: Omit<CandidateResult, 'heldOut'>[] };

/**
 * The evaluation without a server. The folder gets what AlpacaEval reads: model_outputs_a.json and so on,
 * annotations.json of the first pair (annotations_a_c.json and so on of others), and result.json.
 *
 * @throws AlpacaError BudgetReached where the budget is: the answers so far are kept, and cost nothing again
 */
export async function compareFiles(
  evaluation: EvaluateInput,
  activities: EvaluateActivities,
  { store, outFolder }: { store: ArtifactStore; outFolder: string },
  { signal }: Attempt,
): Promise<FileComparison> {
  const evaluated = await runEvaluation(evaluation, {
    activities: () => activities,
    between: () => signal.throwIfAborted(),
    budgetLeft: (spentUsd) => leftUsd(evaluation.budgetUsd, spentUsd),
  });
  const result = onFiles(evaluated);
  await writeResult(result, store, outFolder);
  return result;
}

/** Files have no held-out rows, and so no losses. */
function onFiles({ pairwise, comparisons, candidates, costUsd }: EvaluateResult): FileComparison {
  const [first] = comparisons;
  if (!first) throw new Error('two candidates make at least one pair');
  const { meanLengthA, meanLengthB, categories } = first;
  return {
    ...{ ...pairwise, meanLengthA, meanLengthB, categories },
    candidates: candidates.map(({ heldOut: _, ...candidate }) => candidate),
    ...{ comparisons, costUsd },
  };
}

async function writeResult(result: FileComparison, store: ArtifactStore, outFolder: string): Promise<void> {
  await makeFolder(outFolder);
  const write = (name: string, value: unknown) =>
    writeAtomically(join(outFolder, name), `${JSON.stringify(value, null, 2)}\n`);
  for (const [place, { answers }] of result.candidates.entries())
    await write(
      `model_outputs_${fileLetter(place)}.json`,
      await readRows(await store.open(answers), modelOutput),
    );
  for (const [index, { a, b, annotations }] of result.comparisons.entries()) {
    const name = index === 0 ? 'annotations.json' : `annotations_${fileLetter(a)}_${fileLetter(b)}.json`;
    await write(name, await readRows(await store.open(annotations), annotation));
  }
  await write('result.json', result);
}

/** a, b, c: how files call candidates by their place. */
export function fileLetter(place: number): string {
  return candidateLetter(place).toLowerCase();
}
