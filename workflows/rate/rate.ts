import {
  allHandlersFinished,
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  isCancellation,
  setHandler,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { rating } from '../activity-bounds.ts';
import {
  type AssignmentPlan,
  ballotReport,
  type RateInput,
  type RateResult,
  type RatingActivities,
  type RatingView,
  type Seat,
} from '../contracts/rate.ts';
import { ownControl, resumable, startingWith } from '../control.ts';
import { isBallot, ratedIn } from '../decisions/ballot.ts';
import { raterSummary } from '../decisions/screen/summary-text.ts';
import { sayingHowToGoOn } from '../end/how-to-go-on.ts';
import { refused } from '../failed.ts';
import { resolveInput } from '../input.ts';
import { resumeUpdate, takeSignal } from '../messages.ts';
import { Outage } from '../outage.ts';
import { showDetails, showPause } from '../show.ts';
import { takeUpdate } from '../updates.ts';
import { rater } from './rater.ts';
import { ballotSignal, closedSignal, closeUpdate, joinUpdate, ratingQuery } from './rating-messages.ts';

/**
 * A blind comparison by people: pairs the answers, opens a workflow for each rater, waits for them (without
 * a deadline, unless one is set), and counts what they hand in.
 */
export async function rate(raw: unknown, second?: unknown): Promise<RateResult> {
  const { input } = await resolveInput('rate', raw, second, {
    updates: [joinUpdate, closeUpdate, resumeUpdate],
    answer: ({ input: { mode } }) =>
      setHandler(ratingQuery, () => ({ state: 'preparing', mode, plan: null, seats: [] })),
  });
  const rating = new Rating(input);
  return sayingHowToGoOn(() => rating.run());
}

type Prepared = Awaited<ReturnType<RatingActivities['prepareComparison']>>;

/** Characters of a rater's key: 64 random bits. */
const KEY_LENGTH = 16;
const LONGEST_NAME = 80;

class Rating {
  readonly #input: RateInput;
  readonly #seats: Seat[] = [];
  readonly #children: ChildWorkflowHandle<typeof rater>[] = [];
  readonly #outage = new Outage(ownControl(startingWith({}), [resumable]), showPause);
  #state: RatingView['state'] = 'preparing';
  #plan: AssignmentPlan | null = null;
  #open = 0;
  #closing = false;

  constructor(input: RateInput) {
    this.#input = input;
    this.#listen();
  }

  async run(): Promise<RateResult> {
    const input = this.#input;
    const { comparison, plan, assigned } = await this.#outage.patiently(() =>
      rating('pair the answers').prepareComparison(input),
    );
    await this.#openSeats({ comparison, plan, assigned });
    try {
      await this.#untilOver();
    } catch (error) {
      // Raters end as this does: cancelled, not terminated in the middle of an answer.
      if (isCancellation(error))
        await CancellationScope.nonCancellable(() => condition(() => this.#open === 0));
      throw error;
    }
    this.#state = 'counting';
    this.#show();
    const { mode } = input;
    const ballots = this.#seats.map(({ letters }) => letters);
    const counted = await this.#outage.patiently(() =>
      rating('count the votes').countVotes({ mode, comparison, plan, ballots }),
    );
    this.#state = 'counted';
    this.#show();
    await condition(allHandlersFinished);
    const finished = this.#seats.filter(({ state }) => state === 'finished').length;
    return { ...counted, raters: { wanted: input.raters, finished }, comparison };
  }

  #listen(): void {
    setHandler(ratingQuery, () => {
      const { mode } = this.#input;
      return { state: this.#state, mode, plan: this.#plan, seats: this.#seats };
    });
    takeUpdate(
      joinUpdate,
      async ({ name }) => {
        await condition(() => this.#state !== 'preparing');
        return { key: this.#seatFor(name.trim()).key };
      },
      {
        description: 'Give a person a seat: the one of that name, or the first that is free.',
        validator: (asked) => {
          const name: unknown = asked?.name;
          if (typeof name !== 'string' || name.trim() === '' || name.trim().length > LONGEST_NAME)
            throw refused(`a name has 1 to ${LONGEST_NAME} characters`);
          if (this.#state !== 'preparing') this.#findSeat(name.trim());
        },
      },
    );
    takeUpdate(
      closeUpdate,
      async () => {
        await condition(() => this.#state !== 'preparing');
        this.#closing = true;
      },
      { description: 'Count the votes so far, and end.' },
    );
    takeSignal(ballotSignal, ballotReport, ({ rater, letters }) => {
      const seat = this.#seats[rater];
      if (!seat || !isBallot(letters, seat.assigned)) return false;
      if (seat.state === 'finished' || seat.state === 'closed') return true;
      seat.letters = letters;
      seat.state = 'rating';
      this.#show();
      return true;
    });
  }

  async #openSeats({ comparison, plan, assigned }: Prepared): Promise<void> {
    const { mode } = this.#input;
    this.#plan = plan;
    this.#open = assigned.length;
    for (const [number, items] of assigned.entries()) {
      const key = uuid4().replaceAll('-', '').slice(0, KEY_LENGTH);
      this.#seats.push({
        ...{ rater: number, key, name: null, assigned: items },
        ...{ letters: '', state: 'waiting' },
      });
    }
    const { workflowId } = workflowInfo();
    const started = this.#seats.map(({ rater: number, key, assigned: items }) =>
      startChild(rater, {
        workflowId: `${workflowId}/${key}`,
        args: [{ mode, comparison, plan, rater: number, assigned: items }, { handedOver: null }],
        staticSummary: raterSummary(number),
      }),
    );
    this.#children.push(...(await Promise.all(started)));
    for (const [number, child] of this.#children.entries()) void this.#gather(number, child);
    this.#state = 'open';
    this.#show();
  }

  /** Takes what a rater hands in. Where the child was ended from outside, its last report counts. */
  async #gather(number: number, child: ChildWorkflowHandle<typeof rater>): Promise<void> {
    const seat = this.#seats[number];
    if (!seat) return;
    try {
      const { letters, finished } = await child.result();
      seat.letters = letters;
      seat.state = finished ? 'finished' : 'closed';
    } catch {
      seat.state = 'closed';
    }
    this.#open -= 1;
    this.#show();
  }

  async #untilOver(): Promise<void> {
    const { deadline } = this.#input;
    const over = () => this.#closing || this.#open === 0;
    if (deadline === null) await condition(over);
    else
      await condition(over, Math.max(1, Date.parse(deadline) - Date.now()), {
        summary: `votes are counted at ${deadline}`,
      });
    if (this.#open === 0) return;
    await Promise.all(this.#seats.map((_, number) => this.#close(number)));
    await condition(() => this.#open === 0);
  }

  async #close(number: number): Promise<void> {
    const state = this.#seats[number]?.state;
    if (state === 'finished' || state === 'closed') return;
    try {
      await this.#children[number]?.signal(closedSignal);
    } catch (error) {
      // It ended in the same moment: its result is on the way.
      if (isCancellation(error)) throw error;
    }
  }

  #seatFor(name: string): Seat {
    const seat = this.#findSeat(name);
    seat.name = name;
    return seat;
  }

  #findSeat(name: string): Seat {
    const named = this.#seats.find((seat) => seat.name === name);
    if (named) return named;
    if (this.#state !== 'open') throw refused('this comparison is closed');
    const free = this.#seats.find((seat) => seat.name === null && seat.state === 'waiting');
    if (!free) throw refused(`all ${this.#seats.length} seats are taken`);
    return free;
  }

  #show(): void {
    const done = this.#seats.filter(({ state }) => state === 'finished').length;
    const votes = this.#seats.reduce((sum, { letters }) => sum + ratedIn(letters), 0);
    const asked = this.#seats.reduce((sum, { assigned }) => sum + assigned, 0);
    showDetails(
      `${this.#state}: ${done} of ${this.#seats.length} raters are done, ${votes} of ${asked} votes reported`,
    );
  }
}
