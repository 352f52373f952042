import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import type { StageName } from '../contracts/pipeline.ts';
import type { Pause, Progress } from '../contracts/progress.ts';
import { budgeted, type Control, pausable, startingWith, stepControl } from '../control.ts';
import { progressAtFirst, progressOf } from '../decisions/progress-of.ts';
import { createStageTable, type StageTable } from '../decisions/stage-table.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { progressQuery } from '../messages.ts';
import { Outage, type WaitTeller } from '../outage.ts';
import { showProgress } from '../show.ts';

/** What paid work goes by, in whichever workflow it is done. */
export interface Payment {
  /** what may still be spent in dollars; null: only what is free */
  budgetUsd: () => number | null;
  /** names the run in what it pays for */
  payer: string;
  outage: Outage;
  waiting: WaitTeller;
}

/** What a step says of itself when it has ended. */
interface Told {
  costUsd: number;
  note: string;
}

/** Answers `progress` before the step's input is settled. */
export function answerAtFirst(name: StageName, budgetUsd: number | null): void {
  const control = { paused: false, budgetUsd };
  setHandler(progressQuery, () => progressAtFirst([name], { control }, new Date()));
}

/** A step by itself that may cost money, and has no children: it can be watched, and told to spend more. */
export class PaidStep {
  readonly #name: StageName;
  readonly #control: Control;
  readonly #table: StageTable;
  #costUsd = 0;
  #waitsFor: Pause | null = null;

  constructor(name: StageName, budgetUsd: number | null) {
    this.#name = name;
    this.#table = createStageTable([name]);
    this.#control = stepControl(startingWith({ budgetUsd }), [pausable, budgeted(() => this.#costUsd)], () =>
      this.#show(),
    );
    setHandler(progressQuery, () => this.#progress());
  }

  run<Result>(work: (payment: Payment) => Promise<Result>, tell: (result: Result) => Told): Promise<Result> {
    return sayingHowToGoOn(() => this.#run(work, tell));
  }

  async #run<Result>(
    work: (payment: Payment) => Promise<Result>,
    tell: (result: Result) => Told,
  ): Promise<Result> {
    this.#table.start(this.#name, new Date());
    this.#show();
    await this.#control.running();
    const waiting = (pause: Pause | null) => {
      this.#waitsFor = pause;
      this.#show();
    };
    const outage = new Outage(this.#control, waiting);
    const budgetUsd = () => this.#control.state.budgetUsd;
    const { payer } = this.#control;
    const result = await work({ budgetUsd, payer, outage, waiting });
    const { costUsd, note } = tell(result);
    this.#costUsd = costUsd;
    this.#table.finish(this.#name, new Date(), note);
    this.#show();
    await condition(allHandlersFinished);
    return result;
  }

  #show(): void {
    showProgress(this.#progress());
  }

  #progress(): Progress {
    const { state: control } = this.#control;
    const [costUsd, waitsFor] = [this.#costUsd, this.#waitsFor];
    return progressOf({ table: this.#table, control, costUsd, waitsFor }, new Date());
  }
}
