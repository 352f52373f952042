import { setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { BY_REQUEST, type ControlState, type Pause, type Progress } from '../contracts/progress.ts';
import type { Round } from '../contracts/rounds.ts';
import type { TrainShardResult } from '../contracts/train-activities.ts';
import { type Control, followControl, ownControl } from '../control.ts';
import { RoundTally } from '../decisions/rounds.ts';
import { createStageTable, etaSeconds, toMarkdown } from '../decisions/stage-table.ts';
import { type RoundPlace, trainingNote } from '../decisions/training-note.ts';
import { progressQuery, type TrainReport, trainingSignal } from '../messages.ts';
import { whileDiskIsFull } from '../outage.ts';
import { createReporter, type Reporter } from '../report-to-parent.ts';

/** What a parent hands to a training that it starts. */
export interface TrainCarried {
  control: ControlState;
  version: number;
}

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
    waitingFor: null,
  };
  /** why activities wait, by what each does */
  readonly #waits = new Map<unknown, Pause>();
  /** of the running round, where several workers train */
  #tally: RoundTally | null = null;
  #after: number | null = null;

  constructor(carried: TrainCarried | undefined) {
    const { control = NOTHING_ASKED, version = 0 } = carried ?? {};
    this.control = workflowInfo().parent
      ? followControl(control, version, () => void this.#send())
      : ownControl(control, {
          spentUsd: () => 0,
          accepted: () => 0,
          generationEnded: () => true,
          acknowledged: async () => {},
        });
    setHandler(progressQuery, () => this.#progress());
    setHandler(trainingSignal, (figures) => {
      const step = this.#tally === null ? figures.step : this.#tally.after(figures.step);
      // A shard's result may be here before its last signal.
      if (step === null || step <= this.#report.step) return;
      const { loss, tokensPerSecond } = figures;
      Object.assign(this.#report, { step, loss, tokensPerSecond, figures: { ...figures, step } });
      this.#show();
      void this.#reporter.sendIfDue(this.#reportNow());
    });
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
    this.#report.round = place;
    this.#show();
    await this.#reporter.sendIfDue(this.#reportNow());
  }

  /** A shard, or a round, has ended. */
  async took({ step, loss, tokensPerSecond, figures }: TrainShardResult): Promise<void> {
    Object.assign(this.#report, { step, loss, tokensPerSecond, ...(figures && { figures }) });
    this.#show();
    await this.#send();
  }

  end(lossAfter: number): void {
    this.#after = lossAfter;
    this.#table.finish('train', new Date());
    this.#show();
  }

  /** A full disk pauses the run and does not end it. Of several shards that wait, one is named. */
  patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    return whileDiskIsFull(work, (pause) => {
      if (pause === null) this.#waits.delete(work);
      else this.#waits.set(work, pause);
      this.#report.waitingFor = [...this.#waits.values()].at(-1) ?? null;
      this.#show();
      return this.#send();
    });
  }

  #send(): Promise<void> {
    return this.#reporter.send(this.#reportNow());
  }

  #reportNow(): TrainReport {
    return { ...this.#report, version: this.control.version };
  }

  #show(): void {
    this.#table.update('train', { done: this.#report.step, note: trainingNote(this.#report) });
    setCurrentDetails(toMarkdown(this.#progress()));
  }

  #progress(): Progress {
    const { waitingFor, loss, before, figures } = this.#report;
    const pause = waitingFor ?? (this.control.state.paused ? BY_REQUEST : null);
    return {
      state: this.#after !== null ? 'done' : pause === null ? 'running' : 'paused',
      stage: 'train',
      stages: this.#table.stages,
      accepted: 0,
      target: 0,
      costUsd: 0,
      budgetUsd: null,
      pauseReason: pause?.reason ?? null,
      pauseKind: pause?.kind ?? null,
      loss: { latest: loss, before, after: this.#after },
      ...(figures && { training: figures }),
      etaSeconds: etaSeconds(this.#table.stages[0], new Date()),
      forecast: null,
    };
  }
}

const NOTHING_ASKED: ControlState = {
  paused: false,
  budgetUsd: null,
  target: 1,
  concurrency: 1,
  stopEarly: false,
};
