import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  condition,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { inferring, judging } from './activity-bounds.ts';
import type { EvaluateActivities } from './contracts/activities.ts';
import { BY_REQUEST, type ControlState, type Pause, type Progress } from './contracts/progress.ts';
import { type EvaluateInput, type EvaluateResult, evaluateInput } from './contracts/steps.ts';
import { type Control, followControl, ownControl } from './control.ts';
import { parseInput } from './input.ts';
import { type EvaluateReport, progressQuery } from './messages.ts';
import { whileDiskIsFull } from './outage.ts';
import { createReporter } from './report-to-parent.ts';
import { createStageTable, etaSeconds, toMarkdown } from './stage-table.ts';

/** Step 6: is the trained model better? Held-out loss, exact match, and a blind comparison in both orders. */
export async function evaluate(
  raw: unknown,
  carried?: { control: ControlState; version: number },
): Promise<EvaluateResult> {
  return new Evaluation(parseInput('evaluate', evaluateInput, raw), carried).run();
}

type JudgePairsInput = Parameters<EvaluateActivities['judgePairs']>[0];
type JudgePairsResult = Awaited<ReturnType<EvaluateActivities['judgePairs']>>;

const PARTS = 4;

class Evaluation {
  readonly #input: EvaluateInput;
  readonly #initialBudgetUsd: number | null;
  readonly #control: Control;
  readonly #reporter = createReporter<EvaluateReport>(Date.now());
  readonly #table = createStageTable(['evaluate']);
  #done = 0;
  #costUsd = 0;
  #waitingFor: Pause | null = null;

  constructor(input: EvaluateInput, carried: { control: ControlState; version: number } | undefined) {
    this.#input = input;
    const { budgetUsd } = input;
    const control = carried?.control ?? {
      paused: false,
      budgetUsd,
      target: 1,
      concurrency: 1,
      stopEarly: false,
    };
    this.#initialBudgetUsd = control.budgetUsd;
    const owner = {
      spentUsd: () => this.#costUsd,
      accepted: () => 0,
      generationEnded: () => true,
      acknowledged: async () => {},
    };
    this.#control = workflowInfo().parent
      ? followControl(control, carried?.version ?? 0, () => void this.#reporter.send(this.#report()))
      : ownControl(control, owner);
    setHandler(progressQuery, () => this.#progress());
  }

  async run(): Promise<EvaluateResult> {
    const evaluation = this.#input;
    this.#table.start('evaluate', new Date(), PARTS, 'parts');
    const heldOut = await this.#part('held-out loss and exact match', (name) =>
      inferring(name).evaluateHeldOut(evaluation),
    );
    const a = await this.#part('answers of model A', (name) =>
      inferring(name).answerInstructions({ model: evaluation.modelA, evaluation }),
    );
    const b = await this.#part('answers of model B', (name) =>
      inferring(name).answerInstructions({ model: evaluation.modelB, evaluation }),
    );
    const { costUsd, ...judged } = await this.#part('judge each pair in both orders', (name) =>
      this.#judge(name, { evaluation, answersA: a.answers, answersB: b.answers, excluded: a.excluded }),
    );
    this.#costUsd = costUsd;
    this.#table.finish('evaluate', new Date());
    await condition(allHandlersFinished);
    return { ...heldOut, ...judged, costUsd, answersA: a.answers, answersB: b.answers };
  }

  async #part<Result>(name: string, work: (name: string) => Promise<Result>): Promise<Result> {
    await this.#control.running();
    this.#table.update('evaluate', { note: name });
    this.#show();
    const result = await whileDiskIsFull(
      () => work(name),
      (pause) => this.#wait(pause),
    );
    this.#done += 1;
    this.#table.update('evaluate', { done: this.#done });
    this.#show();
    await this.#reporter.send(this.#report());
    return result;
  }

  /** A judge that costs money stops at the cap; raising it goes on, and the verdicts so far cost nothing again. */
  async #judge(name: string, input: JudgePairsInput): Promise<JudgePairsResult> {
    for (;;) {
      const budgetUsd = this.#budgetUsd();
      try {
        return await judging(name).judgePairs({ ...input, evaluation: { ...input.evaluation, budgetUsd } });
      } catch (error) {
        const reason = budgetReached(error);
        if (reason === null) throw error;
        await this.#wait({ kind: 'budget', reason });
        await condition(() => this.#budgetUsd() !== budgetUsd);
        await this.#wait(null);
      }
    }
  }

  async #wait(pause: Pause | null): Promise<void> {
    this.#waitingFor = pause;
    this.#show();
    await this.#reporter.send(this.#report());
  }

  /** What judging may spend: the input's share of the budget, and by how much it was changed since. */
  #budgetUsd(): number | null {
    const { budgetUsd } = this.#control.state;
    if (this.#input.budgetUsd === null) return budgetUsd;
    return this.#input.budgetUsd + (budgetUsd ?? 0) - (this.#initialBudgetUsd ?? 0);
  }

  #report(): EvaluateReport {
    const { version } = this.#control;
    return { child: 'evaluate', version, done: this.#done, total: PARTS, waitingFor: this.#waitingFor };
  }

  #show(): void {
    setCurrentDetails(toMarkdown(this.#progress()));
  }

  #progress(): Progress {
    const { paused, budgetUsd } = this.#control.state;
    const [stage] = this.#table.stages;
    const pause = this.#waitingFor ?? (paused ? BY_REQUEST : null);
    return {
      state: stage?.state === 'done' ? 'done' : pause !== null ? 'paused' : 'running',
      stage: 'evaluate',
      stages: this.#table.stages,
      accepted: 0,
      target: 0,
      costUsd: this.#costUsd,
      budgetUsd,
      pauseReason: pause?.reason ?? null,
      pauseKind: pause?.kind ?? null,
      loss: { latest: null, before: null, after: null },
      etaSeconds: etaSeconds(stage, new Date()),
      forecast: null,
    };
  }
}

function budgetReached(error: unknown): string | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'BudgetReached' ? cause.message : null;
}
