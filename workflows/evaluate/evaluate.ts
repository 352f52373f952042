import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import { inferring, judging } from '../activity-bounds.ts';
import type { EvaluateActivities, EvaluateInput, EvaluateResult } from '../contracts/evaluate.ts';
import type { EvaluateReport, Pause, Progress, SettingsInForce } from '../contracts/progress.ts';
import { budgeted, type Control, pausable, startingWith, stepControl } from '../control.ts';
import { leftUsd } from '../decisions/budget.ts';
import { partsOf, runEvaluation } from '../decisions/evaluation-course.ts';
import { progressAtFirst, progressOf } from '../decisions/progress-of.ts';
import { createStageTable } from '../decisions/stage-table.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { resolveInput } from '../input.ts';
import { progressQuery, UPDATES_OF_WHAT_COSTS } from '../messages.ts';
import { Outage, whileBudgetIsReached } from '../outage.ts';
import { createReporter } from '../report-to-parent.ts';
import { showProgress } from '../show.ts';

/** Step 6: is the trained model better? Held-out loss, exact match, and blind comparisons in both orders. */
export async function evaluate(raw: unknown, second?: unknown): Promise<EvaluateResult> {
  const { input, handedOver } = await resolveInput('evaluate', raw, second, {
    updates: UPDATES_OF_WHAT_COSTS,
    answer: (given) => {
      const { control } = settingsOf(given.input, given.handedOver);
      setHandler(progressQuery, () => progressAtFirst(['evaluate'], { control }, new Date()));
    },
  });
  const evaluation = new Evaluation(input, handedOver);
  return sayingHowToGoOn(() => evaluation.run());
}

function settingsOf({ budgetUsd }: EvaluateInput, carried: SettingsInForce | null): SettingsInForce {
  return carried ?? startingWith({ budgetUsd });
}

class Evaluation {
  readonly #input: EvaluateInput;
  readonly #initialBudgetUsd: number | null;
  readonly #control: Control;
  readonly #outage: Outage;
  readonly #reporter = createReporter<EvaluateReport>(Date.now());
  readonly #table = createStageTable(['evaluate']);
  readonly #parts: number;
  #done = 0;
  #costUsd = 0;
  #waitingFor: Pause | null = null;

  constructor(input: EvaluateInput, carried: SettingsInForce | null) {
    this.#input = input;
    this.#parts = partsOf(input);
    const settings = settingsOf(input, carried);
    this.#initialBudgetUsd = settings.control.budgetUsd;
    this.#control = stepControl(settings, [pausable, budgeted(() => this.#costUsd)], () => {
      this.#show();
      void this.#reporter.send(this.#report());
    });
    this.#outage = new Outage(this.#control, (pause) => this.#wait(pause));
    setHandler(progressQuery, () => this.#progress());
  }

  run(): Promise<EvaluateResult> {
    return this.#reporter.throughout(
      () => this.#report(),
      () => this.#evaluate(),
    );
  }

  async #evaluate(): Promise<EvaluateResult> {
    this.#table.start('evaluate', new Date(), this.#parts, 'parts');
    const result = await runEvaluation(this.#input, {
      activities: (summary) => this.#activities(summary),
      between: (part) => this.#between(part),
      took: (spentUsd) => this.#took(spentUsd),
      budgetLeft: () => this.#budgetLeft(),
    });
    this.#table.finish('evaluate', new Date());
    await condition(allHandlersFinished);
    return result;
  }

  /** Each on its queue and within its bounds; outages and a budget that is reached are waited out. */
  #activities(summary: string): EvaluateActivities {
    const wait = (pause: Pause | null) => this.#wait(pause);
    const { payer } = this.#control;
    const kept =
      <Input, Result>(work: (input: Input) => Promise<Result>) =>
      (input: Input) =>
        this.#outage.patiently(() => work(input));
    const paid = <Input extends { evaluation: EvaluateInput }, Result>(
      work: (input: Input) => Promise<Result>,
    ) =>
      kept((input: Input) =>
        whileBudgetIsReached(
          (budgetUsd) => work({ ...input, payer, evaluation: { ...input.evaluation, budgetUsd } }),
          () => this.#budgetLeft(),
          wait,
        ),
      );
    return {
      evaluateHeldOut: kept((input) => inferring(summary).evaluateHeldOut(input)),
      answerInstructions: kept((input) => inferring(summary).answerInstructions(input)),
      askTeacher: paid((input) => judging(summary).askTeacher(input)),
      judgePairs: paid((input) => judging(summary).judgePairs(input)),
    };
  }

  async #between(part: string): Promise<void> {
    await this.#control.running();
    this.#table.update('evaluate', { note: part });
    this.#show();
  }

  async #took(spentUsd: number): Promise<void> {
    const hasPaid = spentUsd > this.#costUsd;
    this.#costUsd = spentUsd;
    this.#done += 1;
    this.#table.update('evaluate', { done: this.#done });
    this.#show();
    if (hasPaid) await this.#reporter.send(this.#report());
    else await this.#reporter.sendIfDue(this.#report());
  }

  async #wait(pause: Pause | null): Promise<void> {
    this.#waitingFor = pause;
    this.#show();
    await this.#reporter.send(this.#report());
    // What it waited for is over; a person's pause may not be.
    if (pause === null) await this.#control.running();
  }

  /** What may still be spent: the input's share of the budget, and by how much it was changed since. */
  #budgetLeft(): number | null {
    const { budgetUsd } = this.#control.state;
    const { budgetUsd: ofInput } = this.#input;
    const whole = ofInput === null ? budgetUsd : ofInput + (budgetUsd ?? 0) - (this.#initialBudgetUsd ?? 0);
    return leftUsd(whole, this.#costUsd);
  }

  #report(): EvaluateReport {
    const { version } = this.#control;
    const [done, costUsd, waitingFor] = [this.#done, this.#costUsd, this.#waitingFor];
    return { child: 'evaluate', version, done, total: this.#parts, costUsd, waitingFor };
  }

  #show(): void {
    showProgress(this.#progress());
  }

  #progress(): Progress {
    const { state: control } = this.#control;
    const [costUsd, waitsFor] = [this.#costUsd, this.#waitingFor];
    return progressOf({ table: this.#table, control, costUsd, waitsFor }, new Date());
  }
}
