import { mkdir, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { EvaluateInput, EvaluateResult } from '../../workflows/contracts/steps.ts';
import { writeAtomically } from '../artifacts/atomic.ts';
import { readRows } from '../artifacts/rows.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { answerQuestions, type OpenModel } from './candidate.ts';
import { questionRow, selectQuestions } from './instructions.ts';
import type { Judge } from './judge.ts';
import { comparePairwise } from './pairwise.ts';

/** Evaluation on files alone, without a server or a store: what the command line calls. */
export interface FileComparison {
  /** model folders, or files of answers in AlpacaEval's `model_outputs` form */
  a: string;
  b: string;
  /** Self-Instruct's jsonl or AlpacaEval's form */
  instructions: string;
  judge: Judge;
  openModel: OpenModel;
  settings: Pick<EvaluateInput, 'runSeed' | 'maxInstructions' | 'maxNewTokens' | 'temperature' | 'topP'>;
  /** gets model_outputs_a.json, model_outputs_b.json, annotations.json and result.json */
  outFolder: string;
}

/** Answers (where a candidate is a model), judges in both orders, and writes what AlpacaEval reads. */
export async function compareFiles(
  comparison: FileComparison,
  attempt: Attempt,
): Promise<EvaluateResult['pairwise']> {
  const { a, b, instructions, judge, openModel, settings, outFolder } = comparison;
  for (const path of [a, b]) await requirePath(path);
  const questions = await readRows(instructions, questionRow);
  const { selected } = selectQuestions(questions, () => false, settings.maxInstructions, settings.runSeed);
  const rooms = { openModel, workspace: () => mkdtemp(join(tmpdir(), 'alpaca-evaluate-')) };
  const answersOf = (path: string, generator: string) =>
    answerQuestions(path, selected, { generator, decoding: settings }, rooms, attempt);
  const answers = {
    a: await answersOf(a, basename(resolve(a))),
    b: await answersOf(b, basename(resolve(b))),
    excluded: 0,
  };
  const { pairwise, annotations } = await comparePairwise(judge, answers, attempt);
  await mkdir(outFolder, { recursive: true });
  const write = (name: string, value: unknown) =>
    writeAtomically(join(outFolder, name), `${JSON.stringify(value, null, 2)}\n`);
  await write('model_outputs_a.json', answers.a);
  await write('model_outputs_b.json', answers.b);
  await write('annotations.json', annotations);
  await write('result.json', pairwise);
  return pairwise;
}

async function requirePath(path: string): Promise<void> {
  await stat(path).catch(() => {
    throw new AlpacaError('NotFound', `There is no file or folder ${path}.`, {
      remedy: 'Name a model folder, or a file of answers in the model_outputs form.',
    });
  });
}
