import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DataSource } from '../../workflows/contracts/data.ts';
import { dataRow } from '../../workflows/contracts/data.ts';
import type {
  AnsweredInstructions,
  CandidateResult,
  EvaluateActivities,
} from '../../workflows/contracts/evaluate.ts';
import {
  type CandidateSource,
  candidatesOf,
  type EvaluateInput,
  isTeacher,
} from '../../workflows/contracts/evaluate.ts';
import { type InLanguages, languagesOf } from '../../workflows/contracts/run/shares.ts';
import { tokenizationOfRows, wordsBy } from '../../workflows/contracts/run.ts';
import { builtinPath, builtinPathsOf } from '../artifacts/builtin.ts';
import { digestOf } from '../artifacts/digest.ts';
import { tokenizationOfLanguages } from '../artifacts/languages/language.ts';
import { readRows, streamRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import type { Example } from '../model/example.ts';
import { SharedBudget } from '../teacher/profile/budget.ts';
import { readTokens } from '../tokenize/tokens.ts';
import { figuresOf } from './answers/answer-figures.ts';
import { answersOnce, type StoredAnswers, storeAnswers } from './answers/answer-store.ts';
import {
  answersOfModel,
  answersOnFile,
  type CandidateRooms,
  type DecodingSettings,
  decodingOf,
  type OpenModel,
} from './answers/candidate.ts';
import type { RightAnswer } from './answers/exact-match.ts';
import { type Question, questionRow, type SeenInTraining, selectQuestions } from './answers/instructions.ts';
import { modelOutput } from './answers/model-outputs.ts';
import { seenInTraining } from './answers/seen-in-training.ts';
import type { TeacherCandidate } from './answers/teacher-answers.ts';
import { evaluateHeldOut, type HeldOutFigures } from './held-out/held-out-evaluation.ts';
import type { Judge } from './judge/judge.ts';
import { comparePairwise } from './judge/pairwise.ts';

export interface EvaluateDependencies {
  store: ArtifactStore;
  openModel: OpenModel;
  /**
   * The judge that a profile's name stands for; `paidBy` names who asks in the response ledger. Where
   * `budget` has no cap only a judge that costs nothing will do.
   */
  judgeFor(profile: string, paidBy: string, budget: SharedBudget, verdictTokens: number): Judge;
  /** The same for a profile whose own answers are compared. */
  teacherFor(profile: string, paidBy: string, budget: SharedBudget): TeacherCandidate;
  rightAnswer: RightAnswer;
}

/** One attempt at the step over the store: references in, references out. */
export class EvaluateStep implements EvaluateActivities {
  readonly #store: ArtifactStore;
  readonly #dependencies: EvaluateDependencies;
  readonly #paidBy: string;
  readonly #attempt: Attempt;
  readonly #rooms: CandidateRooms;

  /** @param paidBy names the evaluation in the response ledger; each part of it has a number beside */
  constructor(dependencies: EvaluateDependencies, paidBy: string, attempt: Attempt) {
    this.#dependencies = dependencies;
    this.#paidBy = paidBy;
    this.#attempt = attempt;
    this.#store = dependencies.store;
    this.#rooms = {
      openModel: dependencies.openModel,
      workspace: () => this.#store.workspace('evaluate'),
    };
  }

  async evaluateHeldOut(input: EvaluateInput): Promise<HeldOutFigures> {
    const { heldOutTokens, heldOutRows, runSeed: seed, maxNewTokens } = input;
    const training = input.tokens === null ? null : await readTokens(await this.#store.open(input.tokens));
    return evaluateHeldOut(
      {
        models: await Promise.all(candidatesOf(input).map((source) => this.#modelPath(source, input))),
        tokens: heldOutTokens === null ? [] : await readTokens(await this.#store.open(heldOutTokens)),
        rows: heldOutRows === null ? [] : await readRows(await this.#store.open(heldOutRows), dataRow),
        training,
        seen: await this.#seenByTrainedRows(input, training),
        rightAnswer: this.#dependencies.rightAnswer,
        ...{ seed, maxNewTokens },
      },
      this.#rooms,
      this.#attempt,
    );
  }

  /** The answers of a model folder, which are kept and found again, or of a file of answers. */
  async answerInstructions({
    model: source,
    evaluation: input,
  }: Parameters<EvaluateActivities['answerInstructions']>[0]): Promise<AnsweredInstructions> {
    const { selected, excluded } = await this.#questions(input);
    const { path, name, reference } = await this.#locate(source, input);
    const decoding = decodingOf(input);
    if ((await stat(path)).isFile()) {
      const outputs = await answersOnFile(path, selected, name);
      const answers = await this.#keepAnswers(outputs, { file: name }, decoding);
      return this.#answered('answers', answers, selected, excluded, input);
    }
    const { sha256: model } = reference ?? (await digestOf(path, {}, this.#attempt.signal));
    const generator = `${basename(reference?.uri ?? path)}-${model.slice(0, 8)}`;
    const answers = await answersOnce(this.#store, { model, questions: selected, decoding }, (batches) =>
      answersOfModel(path, selected, { generator, decoding }, this.#rooms, this.#attempt, batches),
    );
    return this.#answered('model', answers, selected, excluded, input);
  }

  /** The answers of a teacher profile. */
  async askTeacher({
    teacher,
    evaluation: input,
    candidate: place,
  }: Parameters<EvaluateActivities['askTeacher']>[0]): Promise<AnsweredInstructions & { costUsd: number }> {
    const { selected, excluded } = await this.#questions(input);
    const decoding = decodingOf(input);
    const budget = new SharedBudget(input.budgetUsd);
    const candidate = this.#dependencies.teacherFor(teacher, `${this.#paidBy} candidate ${place}`, budget);
    const outputs = await candidate.answer(selected, decoding, this.#attempt);
    const answers = await this.#keepAnswers(outputs, { teacher }, decoding);
    return {
      ...this.#answered('teacher', answers, selected, excluded, input),
      costUsd: budget.spentUsd,
    };
  }

  async judgePairs({
    evaluation,
    answersA,
    answersB,
    excluded,
    comparison,
  }: Parameters<EvaluateActivities['judgePairs']>[0]): ReturnType<EvaluateActivities['judgePairs']> {
    const a = await readRows(await this.#store.open(answersA), modelOutput);
    const b = await readRows(await this.#store.open(answersB), modelOutput);
    const budget = new SharedBudget(evaluation.budgetUsd);
    const paidBy = `${this.#paidBy} comparison ${comparison}`;
    const judge = this.#dependencies.judgeFor(evaluation.judge, paidBy, budget, evaluation.verdictTokens);
    const { annotations, ...found } = await comparePairwise(judge, { a, b, excluded }, this.#attempt);
    const content = `${JSON.stringify(annotations, null, 2)}\n`;
    const reference = await this.#store.putFile('annotations', 'annotations.json', content, {
      rows: annotations.length,
      madeBy: 'evaluate',
      madeFrom: { answersA: answersA.sha256, answersB: answersB.sha256, judge: judge.name },
    });
    return { ...found, annotations: reference, costUsd: budget.spentUsd };
  }

  async #keepAnswers(
    outputs: StoredAnswers['outputs'],
    madeFrom: Record<string, string>,
    settings: DecodingSettings,
  ): Promise<StoredAnswers> {
    return { outputs, reference: await storeAnswers(this.#store, outputs, { madeFrom, settings }) };
  }

  #answered(
    kind: CandidateResult['kind'],
    { reference, outputs }: StoredAnswers,
    questions: readonly Question[],
    excluded: number,
    run: EvaluateInput,
  ): AnsweredInstructions {
    const figures = figuresOf(
      questions,
      outputs.map(({ output }) => output),
      { rightAnswer: this.#dependencies.rightAnswer, tokenization: wordsOfRows(run) },
    );
    const name = outputs[0]?.generator ?? kind;
    return { answers: reference, excluded, candidate: { name, kind, ...figures } };
  }

  #locate(source: DataSource, { language }: EvaluateInput) {
    return this.#store.locate(source, builtinPath('tiny-model', language));
  }

  /** Null for a teacher and for a file of answers. */
  async #modelPath(source: CandidateSource, input: EvaluateInput): Promise<string | null> {
    if (isTeacher(source)) return null;
    const { path } = await this.#locate(source, input);
    return (await stat(path)).isDirectory() ? path : null;
  }

  async #questions(input: EvaluateInput): Promise<{ selected: Question[]; excluded: number }> {
    const { instructions } = input;
    const files = await Promise.all(
      builtinPathsOf(instructions, 'evaluation-instructions', input).map(async (builtin) => {
        const { path, name } = await this.#store.locate(instructions, builtin);
        return readRows(path, questionRow, name);
      }),
    );
    return selectQuestions(files.flat(), await this.#seen(input), input.maxInstructions, input.runSeed);
  }

  async #seen(input: EvaluateInput): Promise<SeenInTraining> {
    const { trainingRows } = input;
    if (trainingRows === null) return () => false;
    const { path } = await this.#store.locate(trainingRows);
    return seenInTraining(streamRows(path, dataRow), tokenizationBy(input));
  }

  /** What the rows that were trained on resemble: `trainingRows` holds the held-out ones too. */
  async #seenByTrainedRows(
    input: EvaluateInput,
    training: readonly Example[] | null,
  ): Promise<SeenInTraining> {
    const { trainingRows, heldOutRows } = input;
    if (trainingRows === null || heldOutRows === null || training === null) return () => false;
    const { path } = await this.#store.locate(trainingRows);
    const trainedOn = new Set(training.map(({ row }) => row));
    return seenInTraining(
      onlyRows(streamRows(path, dataRow), (row) => trainedOn.has(row)),
      tokenizationBy(input),
    );
  }
}

/** An answer is held against its reference by words. */
function wordsOfRows(run: InLanguages) {
  return tokenizationOfRows(null, wordsBy(tokenizationOfLanguages(languagesOf(run))));
}

function tokenizationBy(run: InLanguages) {
  return tokenizationOfRows(null, tokenizationOfLanguages(languagesOf(run)));
}

async function* onlyRows<Row>(
  rows: AsyncIterable<Row>,
  wanted: (row: number) => boolean,
): AsyncGenerator<Row> {
  let index = 0;
  for await (const row of rows) {
    if (wanted(index)) yield row;
    index += 1;
  }
}
