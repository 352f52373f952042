import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { generating, schedulingOf } from '../activity-bounds.ts';
import { type GenerateInput, type GenerateResult, requestSettings } from '../contracts/generate.ts';
import type { GatheredRows } from '../contracts/generate-activities.ts';
import type { Forecast, GenerateReport, Pause, Progress } from '../contracts/progress.ts';
import type { HandOver } from '../contracts/run/start.ts';
import { budgeted, type Control, generationUpdates, pausable, stepControl } from '../control.ts';
import { Budget } from '../decisions/budget.ts';
import { forecastNow } from '../decisions/forecast/forecast-now.ts';
import { heldBackUsd } from '../decisions/forecast/later-stages.ts';
import { nothingAccepted } from '../decisions/generation-failures.ts';
import {
  acceptedInstructions,
  bookRound,
  type GenerationState,
  generated,
  requestsTaken,
} from '../decisions/generation-state.ts';
import { nextRound, nextRoundSize } from '../decisions/next-round.ts';
import { progressOf } from '../decisions/progress-of.ts';
import { answeredNote, stageNote, yieldNote } from '../decisions/screen/generation-notes.ts';
import { isWorthTelling } from '../decisions/screen/report-pace.ts';
import { createStageTable } from '../decisions/stage-table.ts';
import type { GenerateHandedOver } from '../decisions/start/starts.ts';
import { noYield } from '../decisions/yield-counts.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { failedWith } from '../failed.ts';
import { resolveInput } from '../input.ts';
import { progressQuery, UPDATES_OF_WHAT_GENERATES } from '../messages.ts';
import { Outage } from '../outage.ts';
import { parentRun } from '../parent-run.ts';
import { createReporter, type Reporter } from '../report-to-parent.ts';
import { showProgress } from '../show.ts';
import { progressSoFar, STAGES, settingsOf } from './before-generation.ts';
import { gatherStage, importInstead, prepareGeneration } from './prepare-generation.ts';
import { RequestBatches } from './request-batches.ts';
import type { RequestSource } from './request-source.ts';
import { RequestWindow } from './request-window.ts';
import { makeSearchable } from './searchable.ts';
import { askWhereShort } from './short-of-target.ts';
import { controlOfStage } from './stage-control.ts';

/**
 * Step 2, and the part of step 3 that feeds back into it: ask the teacher until enough instructions are
 * accepted. Requests run in a sliding window and in any order; their rows are accepted in index order, so
 * the data is a function of the input and the ledger, whatever crashed on the way.
 */
export async function generate(raw: unknown, second?: unknown): Promise<GenerateResult> {
  const { input, handedOver } = await resolveInput('generate', raw, second, {
    updates: UPDATES_OF_WHAT_GENERATES,
    answer: (given) => setHandler(progressQuery, () => progressSoFar(given.input, given.handedOver)),
  });
  const generation = new Generation(input, handedOver);
  return sayingHowToGoOn(() => generation.run(handedOver?.state ?? null));
}

class Generation {
  readonly #input: GenerateInput;
  readonly #control: Control;
  readonly #budget: Budget;
  readonly #outage: Outage;
  readonly #table = createStageTable(STAGES);
  readonly #reporter: Reporter<GenerateReport>;
  #state: GenerationState | undefined;
  #window: RequestSource | undefined;
  #stopReason: GenerateResult['stopReason'] | undefined;

  constructor(input: GenerateInput, carried: GenerateHandedOver | null) {
    this.#input = input;
    this.#reporter = createReporter(carried?.state?.startedAt ?? Date.now(), {
      alone: parentRun() === undefined ? makeSearchable : undefined,
      isWorthTelling: (now, last, ms) => isWorthTelling(now, last, ms, this.#control.state.budgetUsd),
    });
    const { totals, overrun } = carried?.state ?? {};
    const cap = () => this.#control.state.budgetUsd;
    const heldBack = () => (this.#state ? heldBackUsd(this.#state) : 0);
    const budget = new Budget(cap, totals?.costUsd, overrun, heldBack);
    this.#budget = budget;
    this.#control = stepControl(
      settingsOf(input, carried),
      [
        pausable,
        budgeted(() => budget.spentUsd + budget.reservedUsd),
        generationUpdates({
          accepted: () => (this.#state ? acceptedInstructions(this.#state) : 0),
          ended: () => this.#stopReason !== undefined,
        }),
      ],
      () => {
        this.#show();
        void this.#reporter.send(this.#report());
      },
    );
    this.#outage = new Outage(this.#control, () => this.#changed());
    setHandler(progressQuery, () => this.#progress());
  }

  run(carried: GenerationState | null): Promise<GenerateResult> {
    return this.#reporter.throughout(
      () => this.#report(),
      () => this.#generate(carried),
    );
  }

  async #generate(carried: GenerationState | null): Promise<GenerateResult> {
    const { from } = this.#input;
    if (from !== null) return this.#outage.patiently(() => importInstead(this.#input, from));
    const state =
      carried ?? (await this.#outage.patiently(() => prepareGeneration(this.#input, this.#control.state)));
    this.#state = state;
    this.#table.start('generate', new Date(state.startedAt), this.#control.state.target, 'accepted');
    this.#table.start('dedupe', new Date(state.startedAt));
    this.#show();
    await this.#reporter.send(this.#report());
    for (;;) {
      const window = await this.#runStage(state);
      if (this.#draining) return this.#continueAsNew(state, window);
      await askWhereShort(this.#input, state, this.#control, this.#stopReason, this.#outage);
      const gathered = await this.#gather(state);
      if (gathered !== null) return this.#finish(state, gathered);
      this.#stopReason = undefined;
    }
  }

  /** Asks and accepts until the stage ends, or the history is long enough. */
  async #runStage(state: GenerationState): Promise<RequestSource> {
    const window = this.#openSource(state);
    this.#window = window;
    const scope = new CancellationScope();
    const asking = () =>
      window.keepFull(
        () => this.#ended(),
        () => this.#stopReason === undefined,
      );
    try {
      await scope.run(async () => {
        await Promise.all([asking(), this.#accept(state, window)]);
        // Nothing else can succeed: stop what is in flight, and fail with the reason.
        if (window.failure !== undefined) {
          scope.cancel();
          throw window.failure;
        }
      });
    } finally {
      await CancellationScope.nonCancellable(() => window.close());
    }
    return window;
  }

  #openSource(state: GenerationState): RequestSource {
    const changed = () => this.#changed();
    const { batch } = state.estimate;
    const control = controlOfStage(this.#control, state);
    return batch === null
      ? new RequestWindow(this.#input, state, control, this.#budget, changed)
      : new RequestBatches(this.#input, batch, state, control, this.#budget, changed);
  }

  /**
   * The history is long enough: nothing new starts, and what is in flight ends before continue-as-new. Not
   * only between rounds: under a wide window a round is a thousand events.
   */
  get #draining(): boolean {
    return this.#stopReason === undefined && workflowInfo().continueAsNewSuggested;
  }

  #ended(): boolean {
    return this.#stopReason !== undefined || this.#draining;
  }

  /** Takes whole rounds of answered requests in index order, until the target, the collapse or the end. */
  async #accept(state: GenerationState, window: RequestSource): Promise<void> {
    const control = controlOfStage(this.#control, state);
    const stopping = () => control.state.stopEarly || window.failure !== undefined;
    const ready = () => this.#roundSize(state) <= window.contiguous;
    while (!this.#ended() && window.failure === undefined) {
      await condition(() => this.#ended() || stopping() || ready() || window.broke);
      if (window.failure !== undefined) return;
      if (control.state.stopEarly) await this.#stopEarly(state, window);
      else if (ready()) await this.#acceptRound(state, this.#roundSize(state));
      else if (!this.#ended()) await window.waitForMoney(stopping);
    }
    // What drains may be without money too, and says so.
    while (this.#draining && !window.idle && !stopping()) {
      await condition(() => window.idle || window.broke || stopping());
      if (window.broke && !stopping()) await window.waitForMoney(stopping);
    }
  }

  async #stopEarly(state: GenerationState, window: RequestSource): Promise<void> {
    await condition(() => window.idle || window.failure !== undefined);
    if (window.failure !== undefined) return;
    if (window.contiguous > 0) await this.#acceptRound(state, window.contiguous);
    this.#stopReason ??= 'stopped-early';
  }

  #roundSize(state: GenerationState): number {
    return nextRoundSize(state, this.#input, this.#control.state.target);
  }

  async #acceptRound(state: GenerationState, requests: number): Promise<void> {
    const summary = `accept requests ${state.taken} to ${state.taken + requests - 1}`;
    const round = {
      settings: requestSettings(this.#input, state.seedTasks, state),
      ...nextRound(state, requests, this.#input, this.#control.state.target),
    };
    const result = await this.#outage.patiently(() =>
      generating(summary, schedulingOf(this.#input)).acceptRound(round),
    );
    this.#stopReason = bookRound(state, result) ?? this.#stopReason;
    await this.#changed();
  }

  async #continueAsNew(state: GenerationState, window: RequestSource): Promise<never> {
    await condition(allHandlersFinished);
    const handedOver: GenerateHandedOver = {
      control: this.#control.state,
      version: this.#control.version,
      payer: this.#control.payer,
      state: { ...state, answered: window.carried, overrun: this.#budget.overrun },
    };
    return continueAsNew<typeof generate>(this.#input, { handedOver } satisfies HandOver<GenerateHandedOver>);
  }

  /** What the last stage gave; null where there is a next one, which the state is of now. */
  async #gather(state: GenerationState): Promise<GatheredRows | null> {
    const { pool } = state;
    if (pool === null || state.accepted === 0)
      throw failedWith('NothingAccepted', nothingAccepted(this.#input, state));
    const stopReason = this.#stopReason ?? 'target';
    const ended = { stopReason, stoppedBefore: stopReason === 'stopped-early' };
    return this.#outage.patiently(() => gatherStage(this.#input, state, pool, ended, this.#control.state));
  }

  async #finish(state: GenerationState, gathered: GatheredRows): Promise<GenerateResult> {
    this.#table.finish('generate', new Date());
    this.#table.finish('dedupe', new Date());
    this.#show();
    await condition(allHandlersFinished);
    return generated(this.#input, state, this.#stopReason ?? 'target', gathered);
  }

  async #changed(): Promise<void> {
    this.#show();
    await this.#reporter.sendIfDue(this.#report());
  }

  get #waitingFor(): Pause | null {
    return this.#outage.pause ?? this.#window?.waitingFor ?? null;
  }

  #forecast(): Forecast | null {
    const [state, ahead] = [this.#state, this.#window?.answeredAhead ?? 0];
    return state ? forecastNow(state, this.#control.state, ahead, Date.now()) : null;
  }

  #report(): GenerateReport {
    const state = this.#state;
    return {
      child: 'generate',
      version: this.#control.version,
      accepted: state ? acceptedInstructions(state) : 0,
      requests: requestsTaken(state) + (this.#window?.answeredAhead ?? 0),
      costUsd: state?.totals.costUsd ?? 0,
      yield: state?.yield ?? noYield(),
      waitingFor: this.#waitingFor,
      forecast: this.#forecast(),
      note: stageNote(this.#input, state, this.#window?.note ?? null),
    };
  }

  #show(): void {
    const { accepted, requests, yield: counts, note } = this.#report();
    this.#table.update('generate', {
      done: accepted,
      total: this.#control.state.target,
      note: answeredNote(requests, note),
    });
    this.#table.update('dedupe', {
      done: counts.accepted + counts.similar,
      unit: 'rows',
      note: yieldNote(counts),
    });
    showProgress(this.#progress());
  }

  #progress(): Progress {
    const { accepted, costUsd, waitingFor: waitsFor, forecast } = this.#report();
    const { state: control } = this.#control;
    const figures = { accepted, target: control.target, costUsd, forecast };
    return progressOf({ table: this.#table, control, waitsFor, ...figures }, new Date());
  }
}
