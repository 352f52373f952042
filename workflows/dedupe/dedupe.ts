import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import { processing } from '../activity-bounds.ts';
import type { DedupeInput, DedupeResult } from '../contracts/dedupe.ts';
import type { Pause, Progress } from '../contracts/progress.ts';
import { budgeted, type Control, pausable, startingWith, stepControl } from '../control.ts';
import { progressAtFirst, progressOf } from '../decisions/progress-of.ts';
import { createStageTable } from '../decisions/stage-table.ts';
import { resolveInput } from '../input.ts';
import { progressQuery, UPDATES_OF_WHAT_COSTS } from '../messages.ts';
import { whileBudgetIsReached, whileDiskIsFull } from '../outage.ts';
import { showProgress } from '../show.ts';

/** Step 3: exact ROUGE-L over a whole file of rows, and embeddings where they are asked for. */
export async function dedupe(raw: unknown, second?: unknown): Promise<DedupeResult> {
  const { input } = await resolveInput('dedupe', raw, second, {
    updates: UPDATES_OF_WHAT_COSTS,
    answer: ({ input: { budgetUsd } }) => {
      const control = { paused: false, budgetUsd };
      setHandler(progressQuery, () => progressAtFirst(['dedupe'], { control }, new Date()));
    },
  });
  return new Deduplication(input).run();
}

/** Embeddings that cost money stop at the cap; raising it goes on, and those so far cost nothing again. */
export function dedupeWithin(
  input: DedupeInput,
  budgetUsd: () => number | null,
  waiting: (pause: Pause | null) => void,
): Promise<DedupeResult> {
  if (input.embedding === null) return dedupeWhole(input);
  return whileBudgetIsReached((within) => dedupeWhole({ ...input, budgetUsd: within }), budgetUsd, waiting);
}

/**
 * One activity; or, in partitions, one that divides the rows, one for each partition that finds its pairs
 * above the threshold, and one that decides from the pairs as if row had come after row.
 */
async function dedupeWhole(input: DedupeInput): Promise<DedupeResult> {
  const { threshold, partitions } = input;
  if (partitions === 1) return processing('compare every row with all before it').dedupeRows(input);
  const plan = await processing(`divide the rows into ${partitions} partitions`).planPartitions(input);
  const { longest } = plan;
  const found = await Promise.all(
    plan.partitions.map((rows, partition) =>
      processing(`similar pairs of partition ${partition}`).findPairs({
        ...{ threshold, partitions, partition, longest, rows },
      }),
    ),
  );
  const pairs = found.map((partition) => partition.pairs);
  return processing('decide from the pairs').resolvePairs({ dedupe: input, plan, pairs });
}

/** The step by itself: it can be watched, and told to spend more. */
class Deduplication {
  readonly #input: DedupeInput;
  readonly #control: Control;
  readonly #table = createStageTable(['dedupe']);
  #costUsd = 0;
  #waitsFor: Pause | null = null;

  constructor(input: DedupeInput) {
    this.#input = input;
    const { budgetUsd } = input;
    this.#control = stepControl(startingWith({ budgetUsd }), [pausable, budgeted(() => this.#costUsd)], () =>
      this.#show(),
    );
    setHandler(progressQuery, () => this.#progress());
  }

  async run(): Promise<DedupeResult> {
    this.#table.start('dedupe', new Date());
    this.#show();
    await this.#control.running();
    const waiting = (pause: Pause | null) => {
      this.#waitsFor = pause;
      this.#show();
    };
    const result = await whileDiskIsFull(
      () => dedupeWithin(this.#input, () => this.#control.state.budgetUsd, waiting),
      waiting,
    );
    this.#costUsd = result.embedding?.costUsd ?? 0;
    this.#table.finish('dedupe', new Date(), `${result.rejected.rows} too similar`);
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
