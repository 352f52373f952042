import { setHandler } from '@temporalio/workflow';
import type { Progress, SettingsInForce, TrainReport } from '../contracts/progress.ts';
import type { Round, RoundTraffic } from '../contracts/rounds.ts';
import { type TrainInput, trainingFigures } from '../contracts/train.ts';
import type { TrainShardResult } from '../contracts/train-activities.ts';
import { type Control, pausable, startingWith, stepControl } from '../control.ts';
import { progressOf } from '../decisions/progress-of.ts';
import { RoundTally } from '../decisions/rounds.ts';
import { createStageTable } from '../decisions/stage-table.ts';
import type { TrainHandedOver } from '../decisions/start/starts.ts';
import { type RoundPlace, trainingNote } from '../decisions/training-note.ts';
import { progressQuery, takeSignal, trainingSignal } from '../messages.ts';
import { Outage } from '../outage.ts';
import { createReporter, type Reporter } from '../report-to-parent.ts';
import { showProgress } from '../show.ts';

/** A training as others see it: it answers `progress`, writes the details, tells its parent, and can be paused. */
export class TrainingStage {
  readonly control: Control;
  readonly #table = createStageTable(['train']);
  readonly #startedAt = Date.now();
  readonly #reporter: Reporter<TrainReport> = createReporter(this.#startedAt);
  readonly #report: TrainReport = {
    child: 'train',
    version: 0,
    step: 0,
    totalSteps: 0,
    loss: null,
    before: null,
    tokensPerSecond: null,
    figures: null,
    round: null,
    waitingFor: null,
  };
  readonly #outage: Outage;
  /** of the running round, where several workers train */
  #tally: RoundTally | null = null;
  #after: number | null = null;
  readonly #epochs: number;

  constructor(carried: TrainHandedOver | null, { epochs }: Pick<TrainInput, 'epochs'>) {
    this.#epochs = epochs;
    this.#report.step = carried?.training?.soFar.step ?? 0;
    this.control = stepControl(carried ?? startingWith({}), [pausable], () => {
      this.#show();
      void this.#send();
    });
    this.#outage = new Outage(this.control, (pause) => {
      this.#report.waitingFor = pause;
      this.#show();
      return this.#send();
    });
    setHandler(progressQuery, () => this.#progress());
    takeSignal(trainingSignal, trainingFigures, (figures) => {
      const step = this.#tally === null ? figures.step : this.#tally.after(figures.step);
      // A shard's result may be here before its last signal.
      if (step === null || step <= this.#report.step) return;
      this.#outage.over();
      const { loss, tokensPerSecond } = figures;
      Object.assign(this.#report, { step, loss, tokensPerSecond, figures: { ...figures, step } });
      this.#show();
      void this.#reporter.sendIfDue(this.#reportNow());
    });
  }

  /** Does the whole training, and tells its last figures where it fails. */
  throughout<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#reporter.throughout(() => this.#reportNow(), work);
  }

  begin(totalSteps: number): void {
    this.#report.totalSteps = totalSteps;
    this.#table.start('train', new Date(this.#startedAt), totalSteps, 'steps');
    this.#show();
  }

  async measuredBefore(loss: number): Promise<void> {
    this.#report.before = loss;
    this.#show();
    await this.#send();
  }

  async beginRound(round: Round, place: RoundPlace): Promise<void> {
    this.#tally = new RoundTally(round);
    this.#report.round = { ...place, traffic: this.#report.round?.traffic ?? null };
    this.#show();
    await this.#reporter.sendIfDue(this.#reportNow());
  }

  merged(traffic: RoundTraffic): void {
    const { round } = this.#report;
    if (round) this.#report.round = { ...round, traffic };
  }

  /** What the next run of the workflow is to work by. */
  handOver(): SettingsInForce {
    const { state: control, version, payer } = this.control;
    return { control, version, payer };
  }

  /** A shard, or a round, has ended. */
  async took({ step, loss, tokensPerSecond, figures }: Omit<TrainShardResult, 'record'>): Promise<void> {
    Object.assign(this.#report, { step, loss, tokensPerSecond, figures });
    this.#show();
    // Under a pause no other report follows.
    if (this.control.state.paused) await this.#send();
    else await this.#reporter.sendIfDue(this.#reportNow());
  }

  /** Its last figures stand in no result. */
  async end(lossAfter: number): Promise<void> {
    this.#after = lossAfter;
    this.#table.finish('train', new Date());
    this.#show();
    await this.#send();
  }

  /** An outage pauses the run and does not end it; shards that meet the same wait together. */
  patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#outage.patiently(work);
  }

  /** The same for work on several workers at once, which gives null where they are not all to be had. */
  async gathering<Result>(work: () => Promise<Result | null>, missing: () => string): Promise<Result> {
    for (;;) {
      const result = await this.#outage.through(work);
      if (result === null) {
        await this.#outage.wait('outage', missing());
        continue;
      }
      this.#outage.over();
      return result;
    }
  }

  #send(): Promise<void> {
    return this.#reporter.send(this.#reportNow());
  }

  #reportNow(): TrainReport {
    return { ...this.#report, version: this.control.version };
  }

  #show(): void {
    this.#table.update('train', { done: this.#report.step, note: trainingNote(this.#report, this.#epochs) });
    showProgress(this.#progress());
  }

  #progress(): Progress {
    const { waitingFor: waitsFor, loss: latest, before, figures: training } = this.#report;
    const loss = { latest, before, after: this.#after };
    const { paused } = this.control.state;
    const control = { paused, budgetUsd: null };
    return progressOf({ table: this.#table, control, waitsFor, loss, training }, new Date());
  }
}
