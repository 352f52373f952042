import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import { processing } from '../activity-bounds.ts';
import type { DedupeInput, DedupeResult } from '../contracts/dedupe.ts';
import type { Pause, Progress } from '../contracts/progress.ts';
import { budgeted, type Control, pausable, startingWith, stepControl } from '../control.ts';
import { progressAtFirst, progressOf } from '../decisions/progress-of.ts';
import { unseenText } from '../decisions/screen/unseen-text.ts';
import { createStageTable } from '../decisions/stage-table.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { resolveInput } from '../input.ts';
import { progressQuery, UPDATES_OF_WHAT_COSTS } from '../messages.ts';
import { Outage, type WaitTeller, whileBudgetIsReached } from '../outage.ts';
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
  const deduplication = new Deduplication(input);
  return sayingHowToGoOn(() => deduplication.run());
}

/** Embeddings that cost money stop at the cap; raising it goes on, and those so far cost nothing again. */
export function dedupeWithin(
  input: DedupeInput,
  { budgetUsd, payer, outage, waiting }: DedupeSituation,
): Promise<DedupeResult> {
  if (input.embedding === null) return dedupeWhole(input, payer, outage);
  return whileBudgetIsReached(
    (within) => dedupeWhole({ ...input, budgetUsd: within }, payer, outage),
    budgetUsd,
    waiting,
  );
}

/** Of whichever workflow dedupes. */
interface DedupeSituation {
  /** what may still be spent in dollars */
  budgetUsd: () => number | null;
  payer: string;
  outage: Outage;
  waiting: WaitTeller;
}

/**
 * One activity; or, in partitions, one that divides the rows, one for each partition that finds its pairs
 * above the threshold, and one that decides from the pairs as if row had come after row. Each waits through
 * outages by itself: what is done stays done.
 */
async function dedupeWhole(input: DedupeInput, payer: string, outage: Outage): Promise<DedupeResult> {
  const { threshold, partitions } = input;
  if (partitions === 1)
    return outage.patiently(() =>
      processing('compare every row with all before it').dedupeRows({ ...input, payer }),
    );
  const plan = await outage.patiently(() =>
    processing(`divide the rows into ${partitions} partitions`).planPartitions(input),
  );
  const { longest } = plan;
  const found = await Promise.all(
    plan.partitions.map((rows, partition) =>
      outage.patiently(() =>
        processing(`similar pairs of partition ${partition}`).findPairs({
          ...{ threshold, partitions, partition, longest, rows },
        }),
      ),
    ),
  );
  const pairs = found.map((partition) => partition.pairs);
  return outage.patiently(() =>
    processing('decide from the pairs').resolvePairs({ dedupe: input, plan, pairs, payer }),
  );
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
    const outage = new Outage(this.#control, waiting);
    const budgetUsd = () => this.#control.state.budgetUsd;
    const { payer } = this.#control;
    const result = await dedupeWithin(this.#input, { budgetUsd, payer, outage, waiting });
    this.#costUsd = result.embedding?.costUsd ?? 0;
    const { data, rejected } = result;
    const unseen = unseenText(result, data.rows + rejected.rows);
    const note = [`${rejected.rows} too similar`, ...(unseen === '' ? [] : [unseen])].join('; ');
    this.#table.finish('dedupe', new Date(), note);
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
