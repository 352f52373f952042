import {
  ApplicationFailure,
  allHandlersFinished,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { checking, releasing, sampling, schedulingOf, tokenizing } from '../activity-bounds.ts';
import type { DedupeInput, DedupeResult } from '../contracts/dedupe.ts';
import type { EvaluateInput, EvaluateResult } from '../contracts/evaluate.ts';
import { type GenerateInput, type GenerateResult, generateInput } from '../contracts/generate.ts';
import { type AlpacaInput, type AlpacaResult, alpacaInput } from '../contracts/pipeline.ts';
import type { ControlState, Progress, Stage, StageName } from '../contracts/progress.ts';
import { tokenizationFor } from '../contracts/run.ts';
import type { TrainInput, TrainResult } from '../contracts/train.ts';
import { type Control, ownControl } from '../control.ts';
import { leftUsd } from '../decisions/budget.ts';
import { toMarkdown } from '../decisions/stage-table.ts';
import { dedupeWithin } from '../dedupe/dedupe.ts';
import type { evaluate } from '../evaluate/evaluate.ts';
import type { generate } from '../generate/generate.ts';
import { parseInput } from '../input.ts';
import { controlSignal, progressQuery, reportSignal } from '../messages.ts';
import { whileDiskIsFull } from '../outage.ts';
import { ACCEPTED, COST_USD, MODEL, STAGE } from '../search-attributes.ts';
import type { train } from '../train/train.ts';
import { type Counters, type Results, RunProgress } from './run-progress.ts';

/**
 * The recipe, from seed tasks to a released data set and a trained, evaluated model. `{}` is a whole run.
 * Long steps are child workflows; the others are one activity each.
 */
export async function alpaca(raw: unknown, carried?: AlpacaCarried): Promise<AlpacaResult> {
  return new Pipeline(parseInput('alpaca', alpacaInput, raw), carried).run();
}

export interface AlpacaCarried {
  control: ControlState;
  version: number;
  stages: Stage[];
  results: Results;
  counters: Counters;
}

type RunningChild = ChildWorkflowHandle<typeof generate | typeof train | typeof evaluate>;

class Pipeline {
  readonly #input: AlpacaInput;
  readonly #control: Control;
  readonly #progress: RunProgress;
  readonly #results: Results;
  #child: RunningChild | undefined;

  #searchable = '';

  constructor(input: AlpacaInput, carried: AlpacaCarried | undefined) {
    this.#input = input;
    this.#progress = new RunProgress(carried);
    this.#results = carried?.results ?? {};
    this.#control = ownControl(
      carried?.control ?? {
        paused: false,
        budgetUsd: input.budgetUsd,
        target: input.generate.target,
        concurrency: input.generate.concurrency,
        stopEarly: false,
      },
      {
        spentUsd: () => this.#progress.counters.costUsd,
        accepted: () => this.#progress.counters.accepted,
        generationEnded: () => this.#results.generate !== undefined || input.generate.from !== null,
        acknowledged: (version) => this.#forward(version),
      },
      carried?.version,
    );
    setHandler(progressQuery, () => this.#answer());
    setHandler(reportSignal, (report) => {
      this.#progress.take(report);
      this.#show(this.#progress.table.current());
    });
  }

  async run(): Promise<AlpacaResult> {
    const {
      sample,
      generate: generation,
      dedupe,
      tokenize,
      train: training,
      evaluate: evaluation,
      release,
      runSeed,
      language,
      priority,
      fairnessKey,
    } = this.#input;
    const tokenization = tokenizationFor(dedupe.tokenization, language);
    upsertSearchAttributes([{ key: MODEL, value: nameOf(tokenize.model) }]);

    const sampled = await this.#step('sample', async () => {
      await checking('look at what later steps need').checkInput(this.#input);
      return sampling('read the seed tasks').sampleSeeds({ runSeed, language, ...sample });
    });

    const generated = await this.#step('generate', () =>
      this.#runChild<GenerateResult>('generate', {
        ...generateInput.parse({ runSeed, language, priority, fairnessKey, ...generation }),
        seedTasks: sampled.seedTasks,
        threshold: dedupe.threshold,
        tokenization,
        budgetUsd: this.#input.budgetUsd,
      } satisfies GenerateInput),
    );

    const deduped = await this.#step('dedupe', async () => {
      const result = await this.#dedupe({
        ...dedupe,
        tokenization,
        data: generated.data,
        against: sampled.seedTasks,
        budgetUsd: null,
      });
      checkAgreement(generated, result);
      return result;
    });

    const tokenized = await this.#step('tokenize', () =>
      tokenizing('tokenize and mask').tokenizeRows({ runSeed, language, ...tokenize, data: deduped.data }),
    );

    const trained = await this.#step('train', () =>
      this.#runChild<TrainResult>('train', {
        runSeed,
        language,
        ...training,
        data: deduped.data,
        model: tokenize.model,
        tokenized: {
          model: tokenized.model,
          tokens: tokenized.tokens,
          heldOutTokens: tokenized.heldOutTokens,
          addedTokens: tokenized.addedTokens,
        },
      } satisfies TrainInput),
    );

    const evaluated = await this.#step('evaluate', () =>
      this.#runChild<EvaluateResult>('evaluate', {
        runSeed,
        language,
        ...evaluation,
        modelA: trained.model,
        modelB: tokenized.model,
        instructions: sampled.evaluationInstructions,
        tokens: tokenized.tokens,
        heldOutTokens: tokenized.heldOutTokens,
        heldOutRows: tokenized.heldOutRows,
        trainingRows: deduped.data,
        budgetUsd: this.#budgetLeft(),
      } satisfies EvaluateInput),
    );

    const { workflowId, runId } = workflowInfo();
    const released = await this.#step('release', () =>
      releasing('write the release').writeRelease({
        ...release,
        data: deduped.data,
        similarity: deduped.similarity,
        run: {
          workflowId,
          runId,
          input: this.#input,
          sample: sampled,
          generate: generated,
          dedupe: deduped,
          tokenize: tokenized,
          train: trained,
          evaluate: evaluated,
        },
      }),
    );

    await condition(allHandlersFinished);
    return {
      sample: sampled,
      generate: generated,
      dedupe: deduped,
      tokenize: tokenized,
      train: trained,
      evaluate: evaluated,
      release: released,
      rows: deduped.data.rows,
      dataset: released.dataset,
      costUsd: this.#progress.counters.costUsd,
    };
  }

  /** Runs a step once in the life of the run, however often it continues as new. */
  async #step<Name extends StageName>(
    name: Name,
    work: () => Promise<NonNullable<Results[Name]>>,
  ): Promise<NonNullable<Results[Name]>> {
    const known = this.#results[name];
    if (known !== undefined) return known as NonNullable<Results[Name]>;
    await this.#control.running();
    this.#progress.table.start(name, new Date());
    this.#show(name);
    const result = await whileDiskIsFull(work, (pause) => {
      this.#progress.waitsFor = pause;
      this.#show(name);
    });
    this.#results[name] = result;
    this.#progress.book(name, this.#results);
    this.#progress.table.finish(name, new Date());
    this.#show(name);
    if (name !== 'release' && workflowInfo().continueAsNewSuggested) await this.#continueAsNew();
    return result;
  }

  async #runChild<Result>(name: 'generate' | 'train' | 'evaluate', input: object): Promise<Result> {
    const { version } = this.#control;
    const child = await startChild<(input: object, carried: object) => Promise<Result>>(name, {
      workflowId: `${workflowInfo().workflowId}/${name}`,
      args: [input, { control: this.#control.state, version }],
      priority: schedulingOf(this.#input),
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: `${name}, a step of ${workflowInfo().workflowId}`,
    });
    this.#child = child as RunningChild;
    this.#progress.childVersion = version;
    try {
      // What was changed while the child was being started has not reached it.
      if (this.#control.version > version) await this.#tell(this.#child);
      return await child.result();
    } finally {
      this.#child = undefined;
      this.#progress.waitsFor = null;
    }
  }

  /** Passes changed settings to the running child, and waits until it works by them or has ended. */
  async #forward(version: number): Promise<void> {
    this.#show(this.#progress.table.current());
    const child = this.#child;
    if (!child || !(await this.#tell(child))) return;
    await condition(() => this.#progress.childVersion >= version || this.#child !== child);
  }

  /** False where the child ended meanwhile: there is nobody left to tell. */
  async #tell(child: RunningChild): Promise<boolean> {
    const { version, state: control } = this.#control;
    return child.signal(controlSignal, { version, control }).then(
      () => true,
      () => false,
    );
  }

  #dedupe(input: DedupeInput): Promise<DedupeResult> {
    return dedupeWithin(
      input,
      () => this.#budgetLeft(),
      (pause) => {
        this.#progress.waitsFor = pause;
        this.#show('dedupe');
      },
    );
  }

  #budgetLeft(): number | null {
    return leftUsd(this.#control.state.budgetUsd, this.#progress.counters.costUsd);
  }

  #show(stage: StageName): void {
    const { accepted, costUsd } = this.#progress.counters;
    if (stage === 'generate')
      this.#progress.table.update('generate', { total: this.#control.state.target, unit: 'accepted' });
    const searchable = `${stage} ${accepted} ${costUsd}`;
    // Each upsert is an event of the history: only changes are worth one.
    if (searchable !== this.#searchable) {
      this.#searchable = searchable;
      upsertSearchAttributes([
        { key: STAGE, value: stage },
        { key: ACCEPTED, value: accepted },
        { key: COST_USD, value: costUsd },
      ]);
    }
    setCurrentDetails(toMarkdown(this.#answer()));
  }

  #answer(): Progress {
    return this.#progress.answer(this.#control.state, this.#results.release !== undefined, new Date());
  }

  async #continueAsNew(): Promise<never> {
    await condition(allHandlersFinished);
    return continueAsNew<typeof alpaca>(this.#input, {
      control: this.#control.state,
      version: this.#control.version,
      stages: this.#progress.table.stages,
      results: this.#results,
      counters: this.#progress.counters,
    });
  }
}

/**
 * Rows accepted round by round must all be kept by the ROUGE-L pass over the whole set: both are exact. What
 * embeddings reject beyond it no round has seen.
 */
function checkAgreement(generated: GenerateResult, deduped: DedupeResult): void {
  const byRouge = deduped.rejected.rows - (deduped.embedding?.rejected ?? 0);
  if (generated.stopReason === 'imported' || byRouge === 0) return;
  throw ApplicationFailure.nonRetryable(
    `Dedupe over the whole set rejected ${byRouge} rows that were accepted in rounds (${deduped.rejected.uri}): ` +
      'the two must decide alike. This is a defect of this program, not of the data.',
    'DedupeDisagreement',
  );
}

function nameOf(model: AlpacaInput['tokenize']['model']): string {
  const source = typeof model === 'string' ? model : model.uri;
  return source.split('/').at(-1) ?? source;
}
