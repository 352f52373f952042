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
import { releasing, sampling, tokenizing } from './activity-bounds.ts';
import { type AlpacaInput, type AlpacaResult, alpacaInput } from './contracts/pipeline.ts';
import type { ControlState, Progress, Stage, StageName } from './contracts/progress.ts';
import {
  type DedupeResult,
  type EvaluateInput,
  type EvaluateResult,
  type GenerateInput,
  type GenerateResult,
  generateInput,
  type ReleaseResult,
  type SampleResult,
  type TokenizeResult,
  type TrainInput,
  type TrainResult,
} from './contracts/steps.ts';
import { type Control, ownControl } from './control.ts';
import { dedupeWhole } from './dedupe.ts';
import type { evaluate } from './evaluate.ts';
import type { generate } from './generate.ts';
import { yieldNote } from './generation-state.ts';
import { parseInput } from './input.ts';
import { type ChildReport, controlSignal, progressQuery, reportSignal } from './messages.ts';
import { ACCEPTED, COST_USD, MODEL, STAGE } from './search-attributes.ts';
import { createStageTable, etaSeconds, type StageTable, toMarkdown } from './stage-table.ts';
import type { train } from './train.ts';

/**
 * The recipe, from seed tasks to a released data set and a trained, evaluated model. `{}` is a whole run.
 * Long steps are child workflows; the others are one activity each.
 */
export async function alpaca(raw: unknown, carried?: AlpacaCarried): Promise<AlpacaResult> {
  return new Pipeline(parseInput('alpaca', alpacaInput, raw), carried).run();
}

const STAGES: readonly StageName[] = [
  'sample',
  'generate',
  'dedupe',
  'tokenize',
  'train',
  'evaluate',
  'release',
];

/** What the steps gave so far: continue-as-new carries it, so that no step runs twice. */
interface Results {
  sample?: SampleResult;
  generate?: GenerateResult;
  dedupe?: DedupeResult;
  tokenize?: TokenizeResult;
  train?: TrainResult;
  evaluate?: EvaluateResult;
  release?: ReleaseResult;
}

interface Counters {
  accepted: number;
  costUsd: number;
  loss: Progress['loss'];
}

export interface AlpacaCarried {
  control: ControlState;
  version: number;
  stages: Stage[];
  results: Results;
  counters: Counters;
}

class Pipeline {
  readonly #input: AlpacaInput;
  readonly #control: Control;
  readonly #table: StageTable;
  readonly #results: Results;
  readonly #counters: Counters;
  #child: ChildWorkflowHandle<typeof generate | typeof train | typeof evaluate> | undefined;
  #childVersion = 0;
  #childWaitsFor: string | null = null;

  constructor(input: AlpacaInput, carried: AlpacaCarried | undefined) {
    this.#input = input;
    this.#table = createStageTable(STAGES, carried?.stages);
    this.#results = carried?.results ?? {};
    this.#counters = carried?.counters ?? {
      accepted: 0,
      costUsd: 0,
      loss: { latest: null, before: null, after: null },
    };
    this.#control = ownControl(
      carried?.control ?? {
        paused: false,
        budgetUsd: input.budgetUsd,
        target: input.generate.target,
        concurrency: input.generate.concurrency,
        stopEarly: false,
      },
      {
        spentUsd: () => this.#counters.costUsd,
        accepted: () => this.#counters.accepted,
        generationEnded: () => this.#results.generate !== undefined || input.generate.from !== null,
        acknowledged: (version) => this.#forward(version),
      },
      carried?.version,
    );
    setHandler(progressQuery, () => this.#progress());
    setHandler(reportSignal, (report) => this.#take(report));
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
    } = this.#input;
    upsertSearchAttributes([{ key: MODEL, value: nameOf(tokenize.model) }]);

    const sampled = await this.#step('sample', () =>
      sampling('read the seed tasks').sampleSeeds({ runSeed, language, ...sample }),
    );

    const generated = await this.#step('generate', () =>
      this.#runChild<GenerateResult>('generate', {
        ...generateInput.parse({ runSeed, language, ...generation }),
        seedTasks: sampled.seedTasks,
        threshold: dedupe.threshold,
        tokenization: dedupe.tokenization,
        budgetUsd: this.#input.budgetUsd,
      } satisfies GenerateInput),
    );

    const deduped = await this.#step('dedupe', async () => {
      const result = await dedupeWhole({
        ...dedupe,
        data: generated.data,
        against: sampled.seedTasks,
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
      costUsd: this.#counters.costUsd,
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
    this.#table.start(name, new Date());
    this.#show(name);
    const result = await work();
    this.#results[name] = result;
    this.#book(name);
    this.#table.finish(name, new Date());
    this.#show(name);
    if (name !== 'release' && workflowInfo().continueAsNewSuggested) await this.#continueAsNew();
    return result;
  }

  async #runChild<Result>(name: 'generate' | 'train' | 'evaluate', input: object): Promise<Result> {
    const child = await startChild<(input: object, carried: object) => Promise<Result>>(name, {
      workflowId: `${workflowInfo().workflowId}/${name}`,
      args: [input, { control: this.#control.state, version: this.#control.version }],
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: `${name}, a step of ${workflowInfo().workflowId}`,
    });
    this.#child = child as ChildWorkflowHandle<typeof generate | typeof train | typeof evaluate>;
    this.#childVersion = this.#control.version;
    try {
      return await child.result();
    } finally {
      this.#child = undefined;
      this.#childWaitsFor = null;
    }
  }

  /** Passes changed settings to the running child, and waits until it works by them or has ended. */
  async #forward(version: number): Promise<void> {
    this.#show(this.#table.current());
    const child = this.#child;
    if (!child) return;
    try {
      await child.signal(controlSignal, { version, control: this.#control.state });
    } catch {
      return; // The child ended between the update and the signal: there is nobody left to tell.
    }
    await condition(() => this.#childVersion >= version || this.#child !== child);
  }

  #take(report: ChildReport): void {
    this.#childVersion = Math.max(this.#childVersion, report.version);
    this.#childWaitsFor = report.waitingFor;
    if (report.child === 'generate') {
      this.#counters.accepted = report.accepted;
      this.#counters.costUsd = report.costUsd;
      this.#table.update('generate', { done: report.accepted, note: `${report.requests} requests answered` });
      this.#table.update('dedupe', {
        done: report.yield.accepted + report.yield.similar,
        unit: 'rows',
        note: yieldNote(report.yield),
      });
    } else if (report.child === 'train') {
      this.#counters.loss = { ...this.#counters.loss, latest: report.loss, before: report.before };
      const speed =
        report.tokensPerSecond === null ? '' : `, ${Math.round(report.tokensPerSecond)} tokens a second`;
      const note = report.loss === null ? '' : `loss ${report.loss.toFixed(3)}${speed}`;
      this.#table.update('train', { done: report.step, total: report.totalSteps, unit: 'steps', note });
    } else {
      this.#table.update('evaluate', { done: report.done, total: report.total, unit: 'parts' });
    }
    this.#show(this.#table.current());
  }

  /** Takes a finished step's own figures: reports on the way are only samples. */
  #book(name: StageName): void {
    const { generate: generated, dedupe, tokenize, train: trained, evaluate: evaluated } = this.#results;
    if (name === 'generate' && generated) {
      this.#counters.accepted = generated.data.rows;
      this.#counters.costUsd = generated.costUsd;
      this.#table.update('generate', {
        done: generated.data.rows,
        note: `${generated.requests} requests, ${generated.stopReason}`,
      });
    } else if (name === 'dedupe' && dedupe) {
      const rejected = (generated?.yield.similar ?? 0) + dedupe.rejected.rows;
      const note = `${rejected} too similar in all; in the whole set ${dedupe.exactDuplicates} exact duplicates, ${dedupe.clusters} clusters`;
      this.#table.update('dedupe', {
        done: dedupe.data.rows,
        total: dedupe.data.rows,
        unit: 'rows kept',
        note,
      });
    } else if (name === 'tokenize' && tokenize) {
      const note = `${tokenize.heldOutTokens.rows} held out, ${tokenize.truncated} truncated, ${tokenize.fullyMasked} fully masked`;
      this.#table.update('tokenize', {
        done: tokenize.tokens.rows,
        total: tokenize.tokens.rows,
        unit: 'rows',
        note,
      });
    } else if (name === 'train' && trained) {
      this.#counters.loss = {
        ...this.#counters.loss,
        before: trained.loss.before,
        after: trained.loss.after,
      };
      const note = `held-out loss ${trained.loss.before.toFixed(3)} to ${trained.loss.after.toFixed(3)}`;
      this.#table.update('train', { done: trained.steps, total: trained.steps, unit: 'steps', note });
    } else if (name === 'evaluate' && evaluated) {
      const { winRate, wins, losses, ties } = evaluated.pairwise;
      this.#counters.costUsd += evaluated.costUsd;
      this.#table.update('evaluate', {
        note: `win rate ${winRate.toFixed(1)}%: ${wins} wins, ${losses} losses, ${ties} ties`,
      });
    }
  }

  #budgetLeft(): number | null {
    const { budgetUsd } = this.#control.state;
    return budgetUsd === null ? null : Math.max(0, budgetUsd - this.#counters.costUsd);
  }

  #show(stage: StageName): void {
    const { accepted, costUsd } = this.#counters;
    if (stage === 'generate')
      this.#table.update('generate', { total: this.#control.state.target, unit: 'accepted' });
    upsertSearchAttributes([
      { key: STAGE, value: stage },
      { key: ACCEPTED, value: accepted },
      { key: COST_USD, value: costUsd },
    ]);
    setCurrentDetails(toMarkdown(this.#progress()));
  }

  #progress(): Progress {
    const { paused, target, budgetUsd } = this.#control.state;
    const stage = this.#table.current();
    const pauseReason = paused ? 'by request' : this.#childWaitsFor;
    return {
      state: this.#results.release ? 'done' : pauseReason === null ? 'running' : 'paused',
      stage,
      stages: this.#table.stages,
      accepted: this.#counters.accepted,
      target,
      costUsd: this.#counters.costUsd,
      budgetUsd,
      pauseReason,
      loss: this.#counters.loss,
      etaSeconds: etaSeconds(
        this.#table.stages.find(({ name }) => name === stage),
        new Date(),
      ),
    };
  }

  async #continueAsNew(): Promise<never> {
    await condition(allHandlersFinished);
    return continueAsNew<typeof alpaca>(this.#input, {
      control: this.#control.state,
      version: this.#control.version,
      stages: this.#table.stages,
      results: this.#results,
      counters: this.#counters,
    });
  }
}

/** Rows accepted round by round must all be kept by the pass over the whole set: both are exact. */
function checkAgreement(generated: GenerateResult, deduped: DedupeResult): void {
  if (generated.stopReason === 'imported' || deduped.rejected.rows === 0) return;
  throw ApplicationFailure.nonRetryable(
    `Dedupe over the whole set rejected ${deduped.rejected.rows} rows that were accepted in rounds (${deduped.rejected.uri}): ` +
      'the two must decide alike. This is a defect of this program, not of the data.',
    'DedupeDisagreement',
  );
}

function nameOf(model: AlpacaInput['tokenize']['model']): string {
  const source = typeof model === 'string' ? model : model.uri;
  return source.split('/').at(-1) ?? source;
}
