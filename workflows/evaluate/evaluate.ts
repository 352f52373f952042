import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { inferring, judging } from '../activity-bounds.ts';
import type { AnsweredInstructions, EvaluateActivities } from '../contracts/evaluate.ts';
import {
  type CandidateLoss,
  type CandidateSource,
  candidatesOf,
  comparedPairs,
  type EvaluateInput,
  type EvaluateResult,
  evaluateInput,
  isTeacher,
} from '../contracts/evaluate.ts';
import type { ControlState, Pause, Progress } from '../contracts/progress.ts';
import { type Control, followControl, ownControl } from '../control.ts';
import { leftUsd } from '../decisions/budget.ts';
import { createStageTable, toMarkdown } from '../decisions/stage-table.ts';
import { stepProgress } from '../decisions/step-progress.ts';
import { parseInput } from '../input.ts';
import { type EvaluateReport, progressQuery } from '../messages.ts';
import { whileBudgetIsReached, whileDiskIsFull } from '../outage.ts';
import { createReporter } from '../report-to-parent.ts';

/** Step 6: is the trained model better? Held-out loss, exact match, and blind comparisons in both orders. */
export async function evaluate(
  raw: unknown,
  carried?: { control: ControlState; version: number },
): Promise<EvaluateResult> {
  return new Evaluation(parseInput('evaluate', evaluateInput, raw), carried).run();
}

type Judged = Awaited<ReturnType<EvaluateActivities['judgePairs']>>;

class Evaluation {
  readonly #input: EvaluateInput;
  readonly #initialBudgetUsd: number | null;
  readonly #control: Control;
  readonly #reporter = createReporter<EvaluateReport>(Date.now());
  readonly #table = createStageTable(['evaluate']);
  readonly #pairs: [a: number, b: number][];
  /** the held-out figures, each candidate's answers, each comparison */
  readonly #parts: number;
  #done = 0;
  #costUsd = 0;
  #waitingFor: Pause | null = null;

  constructor(input: EvaluateInput, carried: { control: ControlState; version: number } | undefined) {
    this.#input = input;
    const { budgetUsd } = input;
    const candidates = candidatesOf(input).length;
    this.#pairs = comparedPairs(candidates, input.pairs);
    this.#parts = 1 + candidates + this.#pairs.length;
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
    this.#table.start('evaluate', new Date(), this.#parts, 'parts');
    const { losses = [], ...heldOut } = await this.#part('held-out loss and exact match', (name) =>
      inferring(name).evaluateHeldOut(evaluation),
    );
    const answered: AnsweredInstructions[] = [];
    for (const [place, source] of candidatesOf(evaluation).entries())
      answered.push(await this.#answer(source, place));
    const judged: (Judged & { a: number; b: number })[] = [];
    for (const [a, b] of this.#pairs)
      judged.push({ a, b, ...(await this.#compare(answered, a, b, judged.length)) });
    this.#table.finish('evaluate', new Date());
    await condition(allHandlersFinished);
    return { ...heldOut, ...resultOf(answered, judged, losses), costUsd: this.#costUsd };
  }

  #answer(source: CandidateSource, place: number): Promise<AnsweredInstructions> {
    const evaluation = this.#input;
    return this.#part(`answers of model ${letterOf(place)}`, async (name) => {
      if (!isTeacher(source)) return inferring(name).answerInstructions({ model: source, evaluation });
      const { teacher } = source;
      return this.#paid((budgetUsd) =>
        judging(name).askTeacher({ teacher, evaluation: { ...evaluation, budgetUsd }, candidate: place }),
      );
    });
  }

  #compare(
    answered: readonly AnsweredInstructions[],
    a: number,
    b: number,
    comparison: number,
  ): Promise<Judged> {
    const [ofA, ofB] = [answered[a], answered[b]];
    if (!ofA || !ofB) throw ApplicationFailure.nonRetryable(`There is no pair (${a}, ${b}).`);
    const { answers: answersA, excluded } = ofA;
    const { answers: answersB } = ofB;
    const whose = comparison === 0 ? 'each pair' : `${letterOf(a)} against ${letterOf(b)}`;
    return this.#part(`judge ${whose} in both orders`, (name) =>
      this.#paid((budgetUsd) =>
        judging(name).judgePairs({
          evaluation: { ...this.#input, budgetUsd },
          answersA,
          answersB,
          excluded,
          comparison,
        }),
      ),
    );
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

  async #paid<Result extends { costUsd: number }>(
    work: (budgetUsd: number | null) => Promise<Result>,
  ): Promise<Result> {
    const result = await whileBudgetIsReached(
      work,
      () => this.#budgetUsd(),
      (pause) => this.#wait(pause),
    );
    this.#costUsd += result.costUsd;
    return result;
  }

  async #wait(pause: Pause | null): Promise<void> {
    this.#waitingFor = pause;
    this.#show();
    await this.#reporter.send(this.#report());
  }

  /** What may still be spent: the input's share of the budget, and by how much it was changed since. */
  #budgetUsd(): number | null {
    const { budgetUsd } = this.#control.state;
    const { budgetUsd: ofInput } = this.#input;
    const whole = ofInput === null ? budgetUsd : ofInput + (budgetUsd ?? 0) - (this.#initialBudgetUsd ?? 0);
    return leftUsd(whole, this.#costUsd);
  }

  #report(): EvaluateReport {
    const { version } = this.#control;
    return { child: 'evaluate', version, done: this.#done, total: this.#parts, waitingFor: this.#waitingFor };
  }

  #show(): void {
    setCurrentDetails(toMarkdown(this.#progress()));
  }

  #progress(): Progress {
    return stepProgress(this.#table, 'evaluate', this.#control.state, this.#costUsd, this.#waitingFor);
  }
}

/** Results of 0.1.0's activities, which old histories hold, know nothing of single candidates. */
function resultOf(
  answered: readonly AnsweredInstructions[],
  judged: readonly (Judged & { a: number; b: number })[],
  losses: readonly (CandidateLoss | null)[],
): Omit<EvaluateResult, 'heldOut' | 'exactMatch' | 'costUsd'> {
  const [first] = judged;
  const [a, b] = answered;
  if (!first || !a || !b) throw ApplicationFailure.nonRetryable('There is no pair to compare.');
  return {
    pairwise: first.pairwise,
    annotations: first.annotations,
    answersA: a.answers,
    answersB: b.answers,
    candidates: answered.flatMap(({ answers, candidate }, place) =>
      candidate ? [{ ...candidate, answers, heldOut: losses[place] ?? null }] : [],
    ),
    comparisons: judged.flatMap(({ a, b, pairwise, beside, annotations }) =>
      beside ? [{ a, b, ...pairwise, ...beside, annotations }] : [],
    ),
  };
}

/** A, B, C: what candidates are called in progress, by their place. */
function letterOf(place: number): string {
  return String.fromCharCode(65 + place);
}
