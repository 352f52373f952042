import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { rating } from '../activity-bounds.ts';
import { cancel } from '../cancel.ts';
import {
  type AssignmentPlan,
  ballotReport,
  type RateInput,
  type RateResult,
  type RaterInput,
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
import { afterMessages, resumeUpdate, takeSignal } from '../messages.ts';
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

const LONGEST_NAME = 80;

class Rating {
  readonly #input: RateInput;
  readonly #seats: Seat[] = [];
  /** whose raters are from before a reset: no children of this run */
  readonly #adopted: Seat[] = [];
  readonly #outage = new Outage(ownControl(startingWith({}), [resumable]), showPause);
  #state: RatingView['state'] = 'preparing';
  #plan: AssignmentPlan | null = null;
  #closing = false;

  constructor(input: RateInput) {
    this.#input = input;
    this.#listen();
  }

  async run(): Promise<RateResult> {
    const input = this.#input;
    const run = workflowInfo().firstExecutionRunId;
    const prepared = await this.#outage.patiently(() =>
      rating('pair the answers').prepareComparison({ rate: input, run }),
    );
    const { comparison, plan } = prepared;
    try {
      await this.#openSeats(prepared);
      await this.#untilOver();
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(() => this.#untilCancelled());
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
  }

  async #openSeats({ comparison, plan, seats }: Prepared): Promise<void> {
    const { mode } = this.#input;
    this.#plan = plan;
    for (const [rater, { key, assigned }] of seats.entries())
      this.#seats.push({ rater, key, name: null, assigned, letters: '', state: 'waiting' });
    await Promise.all(
      this.#seats.map((seat) => this.#open(seat, { mode, comparison, plan, assigned: seat.assigned })),
    );
    this.#state = 'open';
    this.#show();
    // A reset hands over again what was sent since: whoever had joined has the seat before its votes are told.
    await condition(allHandlersFinished);
    takeSignal(ballotSignal, ballotReport, ({ rater, letters, state }) => {
      const seat = this.#seats[rater];
      if (!seat || !isBallot(letters, seat.assigned)) return false;
      if (isOpen(seat)) this.#took(seat, { letters, state });
      return true;
    });
  }

  /** A rater of before a reset keeps the link and the votes, and is not begun again. */
  async #open(seat: Seat, input: Omit<RaterInput, 'rater' | 'updatesPerRun'>): Promise<void> {
    const { rater: number } = seat;
    try {
      const child = await startChild(rater, {
        workflowId: idOf(seat),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        args: [{ ...input, rater: number }, { handedOver: null }],
        staticSummary: raterSummary(number),
      });
      void this.#untilEnded(seat, child);
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) this.#adopted.push(seat);
      else {
        seat.state = 'closed';
        throw error;
      }
    }
  }

  /** A rater reports all votes before it ends. Of one that was ended from outside, the last report counts. */
  async #untilEnded(seat: Seat, child: ChildWorkflowHandle<typeof rater>): Promise<void> {
    await child.result().catch(() => {});
    await afterMessages();
    if (isOpen(seat)) this.#took(seat, { state: 'closed' });
  }

  #took(seat: Seat, reported: Pick<Seat, 'state'> & Partial<Pick<Seat, 'letters'>>): void {
    Object.assign(seat, reported);
    this.#show();
  }

  async #untilOver(): Promise<void> {
    const { deadline } = this.#input;
    const over = () => this.#closing || !this.#seats.some(isOpen);
    if (deadline === null) await condition(over);
    else
      await condition(over, Math.max(1, Date.parse(deadline) - Date.now()), {
        summary: `votes are counted at ${deadline}`,
      });
    await this.#close();
    await condition(() => !this.#seats.some(isOpen));
  }

  /** Raters end as this does: cancelled, not terminated in the middle of an answer. */
  async #untilCancelled(): Promise<void> {
    await Promise.all(this.#seats.filter(isOpen).map((seat) => cancel(idOf(seat))));
    await condition(() => !this.#seats.some((seat) => isOpen(seat) && !this.#adopted.includes(seat)));
  }

  async #close(): Promise<void> {
    await Promise.all(
      this.#seats.filter(isOpen).map(async (seat) => {
        try {
          await getExternalWorkflowHandle(idOf(seat)).signal(closedSignal);
        } catch (error) {
          if (isCancellation(error)) throw error;
          // It has ended, and reported before.
          await afterMessages();
          if (isOpen(seat)) this.#took(seat, { state: 'closed' });
        }
      }),
    );
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

function isOpen({ state }: Seat): boolean {
  return state === 'waiting' || state === 'rating';
}

function idOf({ key }: Seat): string {
  return `${workflowInfo().workflowId}/${key}`;
}
