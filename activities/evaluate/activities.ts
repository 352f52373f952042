import { Context } from '@temporalio/activity';
import type { EvaluateActivities } from '../../workflows/contracts/activities.ts';
import type { ArtifactReference, DataSource } from '../../workflows/contracts/reference.ts';
import { dataRow } from '../../workflows/contracts/rows.ts';
import type { EvaluateInput } from '../../workflows/contracts/steps.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { readRows, streamRows, toJsonLines } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { type Attempt, runAttempt } from '../attempt.ts';
import { type Budget, createBudget } from '../generate/budget.ts';
import { readTokens } from '../tokenize/tokens.ts';
import { answerQuestions, type CandidateRooms, type OpenModel } from './candidate.ts';
import { evaluateHeldOut } from './held-out-evaluation.ts';
import { type Question, questionRow, type SeenInTraining, selectQuestions } from './instructions.ts';
import type { Judge } from './judge.ts';
import { modelOutput } from './model-outputs.ts';
import { comparePairwise } from './pairwise.ts';
import { seenInTraining } from './seen-in-training.ts';

export interface EvaluateDependencies {
  store: ArtifactStore;
  openModel: OpenModel;
  /**
   * The judge that a profile's name stands for; `paidBy` names who asks in the response ledger. Where
   * `budget` is null only a judge that costs nothing will do.
   */
  judgeFor(profile: string, paidBy: string, budget: Budget | null): Judge;
  /** the computed answer of an instruction; null where it is of no known family */
  rightAnswer: (instruction: string, input: string) => string | null;
}

/** The activities of the evaluate step. `judgePairs` needs no device; the others open models. */
export function createEvaluateActivities(dependencies: EvaluateDependencies): EvaluateActivities {
  const step = new EvaluateStep(dependencies);
  return {
    evaluateHeldOut: (input) => runAttempt((attempt) => step.evaluateHeldOut(input, attempt)),
    answerInstructions: ({ model, evaluation }) =>
      runAttempt((attempt) => step.answerInstructions(model, evaluation, attempt)),
    judgePairs: (input) =>
      runAttempt((attempt) => {
        const { workflowExecution } = Context.current().info;
        return step.judgePairs(input, `evaluate ${workflowExecution?.runId ?? ''}`, attempt);
      }),
  };
}

/** The step over the store: references in, references out. */
export class EvaluateStep {
  readonly #store: ArtifactStore;
  readonly #dependencies: EvaluateDependencies;
  readonly #rooms: CandidateRooms;

  constructor(dependencies: EvaluateDependencies) {
    this.#dependencies = dependencies;
    this.#store = dependencies.store;
    this.#rooms = {
      openModel: dependencies.openModel,
      workspace: () => this.#store.workspace('evaluate'),
    };
  }

  async evaluateHeldOut(input: EvaluateInput, attempt: Attempt) {
    const { tokens, heldOutTokens, heldOutRows, runSeed: seed } = input;
    return evaluateHeldOut(
      {
        modelA: await this.#store.open(await this.#model(input.modelA, input)),
        modelB: await this.#store.open(await this.#model(input.modelB, input)),
        tokens: heldOutTokens === null ? [] : await readTokens(await this.#store.open(heldOutTokens)),
        rows: heldOutRows === null ? [] : await readRows(await this.#store.open(heldOutRows), dataRow),
        training: tokens === null ? null : await readTokens(await this.#store.open(tokens)),
        rightAnswer: this.#dependencies.rightAnswer,
        seed,
      },
      this.#rooms,
      attempt,
    );
  }

  async answerInstructions(source: DataSource, input: EvaluateInput, attempt: Attempt) {
    const model = await this.#model(source, input);
    const { selected, excluded } = await this.#questions(input);
    const decoding = {
      maxNewTokens: input.maxNewTokens,
      temperature: input.temperature,
      topP: input.topP,
      runSeed: input.runSeed,
    };
    const outputs = await answerQuestions(
      await this.#store.open(model),
      selected,
      { generator: generatorName(model), decoding },
      this.#rooms,
      attempt,
    );
    const answers = await this.#store.putFile('answers', 'model_outputs.jsonl', toJsonLines(outputs), {
      rows: outputs.length,
      madeBy: 'evaluate',
      madeFrom: { model: model.sha256 },
      settings: decoding,
    });
    return { answers, excluded };
  }

  async judgePairs(input: Parameters<EvaluateActivities['judgePairs']>[0], paidBy: string, attempt: Attempt) {
    const { evaluation, answersA, answersB, excluded } = input;
    const a = await readRows(await this.#store.open(answersA), modelOutput);
    const b = await readRows(await this.#store.open(answersB), modelOutput);
    const budget = evaluation.budgetUsd === null ? null : createBudget(evaluation.budgetUsd);
    const judge = this.#dependencies.judgeFor(evaluation.judge, paidBy, budget);
    const { pairwise, annotations } = await comparePairwise(judge, { a, b, excluded }, attempt);
    const content = `${JSON.stringify(annotations, null, 2)}\n`;
    const reference = await this.#store.putFile('annotations', 'annotations.json', content, {
      rows: annotations.length,
      madeBy: 'evaluate',
      madeFrom: { answersA: answersA.sha256, answersB: answersB.sha256, judge: judge.name },
    });
    return { pairwise, annotations: reference, costUsd: budget?.spentUsd ?? 0 };
  }

  #model(source: DataSource, { language }: EvaluateInput): Promise<ArtifactReference> {
    return this.#store.resolve(source, 'model', builtinPath('tiny-model', language));
  }

  async #questions(input: EvaluateInput): Promise<{ selected: Question[]; excluded: number }> {
    const file = await this.#store.resolve(
      input.instructions,
      'evaluation-instructions-source',
      builtinPath('evaluation-instructions', input.language),
    );
    const questions = await readRows(await this.#store.open(file), questionRow);
    return selectQuestions(questions, await this.#seen(input), input.maxInstructions, input.runSeed);
  }

  async #seen({ trainingRows, language }: EvaluateInput): Promise<SeenInTraining> {
    if (trainingRows === null) return () => false;
    const rows = streamRows(await this.#store.open(trainingRows), dataRow);
    return seenInTraining(rows, language === 'en' ? 'rouge' : 'unicode');
  }
}

/** What answers carry as their author: the artifact's name and the start of its digest. */
function generatorName(model: ArtifactReference): string {
  return `${model.uri.slice(model.uri.lastIndexOf('/') + 1)}-${model.sha256.slice(0, 8)}`;
}
