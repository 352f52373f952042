import { rm } from 'node:fs/promises';
import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type { EvaluateInput } from '../../../workflows/contracts/evaluate.ts';
import { readRows } from '../../artifacts/rows.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { openPrepared } from '../../tokenize/prepared-model.ts';
import { type AnsweredBatches, answerPrompts } from './answers.ts';
import type { Candidate, Inference } from './inference.ts';
import type { Question } from './instructions.ts';
import { type ModelOutput, modelOutput } from './model-outputs.ts';

/** How a model folder is opened for inference; see activities/model/model-process.ts. */
export type OpenModel = (modelPath: string, attempt: Attempt) => Promise<Inference>;

/** What opening a candidate needs from outside. */
export interface CandidateRooms {
  openModel: OpenModel;
  /** an empty folder to build in, removed when the candidate is closed */
  workspace(): Promise<string>;
}

export type DecodingSettings = Pick<EvaluateInput, 'maxNewTokens' | 'temperature' | 'topP' | 'runSeed'>;

/** The part of an evaluation's settings that answers depend on. */
export function decodingOf({ maxNewTokens, temperature, topP, runSeed }: DecodingSettings): DecodingSettings {
  return { maxNewTokens, temperature, topP, runSeed };
}

/**
 * Opens a model folder for the length of `use`. One without weights, as the built-in base model, gets
 * those that training would start from under the seed.
 */
export async function withCandidate<Result>(
  path: string,
  seed: number,
  rooms: CandidateRooms,
  attempt: Attempt,
  use: (candidate: Candidate) => Promise<Result>,
): Promise<Result> {
  const build = await rooms.workspace();
  try {
    const prepared = await openPrepared(path, { seed, build }, attempt);
    const { folder, ...asked } = prepared;
    try {
      const inference = await rooms.openModel(folder, attempt);
      try {
        return await use({ inference, ...asked });
      } finally {
        await inference.close();
      }
    } finally {
      await prepared.close();
    }
  } finally {
    await rm(build, { recursive: true, force: true });
  }
}

/** A model folder's answers to the questions, asked as it was taught, in their order. */
export async function answersOfModel(
  path: string,
  questions: readonly Question[],
  { generator, decoding }: { generator: string; decoding: DecodingSettings },
  rooms: CandidateRooms,
  attempt: Attempt,
  batches: AnsweredBatches,
): Promise<ModelOutput[]> {
  const { runSeed: seed, maxNewTokens, temperature, topP } = decoding;
  const answers = await withCandidate(path, seed, rooms, attempt, (candidate) =>
    answerPrompts(candidate, questions, { maxNewTokens, temperature, topP, seed }, attempt, batches),
  );
  return questions.map(({ dataset, instruction, input }, index) => ({
    dataset,
    instruction,
    input,
    output: answers[index] ?? '',
    generator,
  }));
}

/**
 * The answers to the questions, in their order, from a file in AlpacaEval's `model_outputs` form.
 *
 * @throws AlpacaError InvalidInput where the file lacks a question
 */
export async function answersOnFile(
  path: string,
  questions: readonly Question[],
  name = path,
): Promise<ModelOutput[]> {
  const outputs = await readRows(path, modelOutput, name);
  const byQuestion = new Map(outputs.map((output) => [keyOf(output), output]));
  return questions.map((question) => {
    const output = byQuestion.get(keyOf(question));
    if (output) return { ...output, dataset: question.dataset || output.dataset };
    throw new AlpacaError(
      'InvalidInput',
      `${name} has no answer to "${question.instruction.slice(0, 80)}".`,
      { remedy: 'Give a file that answers every evaluation instruction used, or fewer instructions.' },
    );
  });
}

function keyOf({ instruction, input }: Pick<RecipeRow, 'instruction' | 'input'>): string {
  return JSON.stringify([instruction, input]);
}
