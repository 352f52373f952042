import { condition } from '@temporalio/workflow';
import { requesting, schedulingOf } from '../activity-bounds.ts';
import type { GenerateInput } from '../contracts/generate.ts';
import { requestSettings } from '../contracts/generate.ts';
import type { AnswerRequestInput } from '../contracts/generate-activities.ts';
import type { Pause } from '../contracts/progress.ts';
import type { Control } from '../control.ts';
import { type Budget, budgetPause, type Reservation } from '../decisions/budget.ts';
import { bookAnswer, bookSeconds, type GenerationState } from '../decisions/generation-state.ts';
import { askedBelow, seenPool } from '../decisions/next-round.ts';
import { Outage, whileRateLimited } from '../outage.ts';
import type { RequestSource } from './request-source.ts';

/** Askings of one request lost in a row: each may have been paid for, so going on at once is no option. */
const LOST_IN_A_ROW = 3;

/**
 * The requests in flight. They run in any order within a window; each ends as an answer in the ledger and
 * is never skipped, or the data would depend on the weather. Money is reserved before a request is asked;
 * where there is none left, what the ledger has costs none.
 */
export class RequestWindow implements RequestSource {
  readonly #input: GenerateInput;
  readonly #state: GenerationState;
  readonly #control: Control;
  readonly #budget: Budget;
  readonly #changed: () => Promise<void>;
  readonly #answered: Set<number>;
  #inFlight = 0;
  /** requests in flight whose next asking waits for money */
  #unpaid = 0;
  /** requests in flight for which there was no money: they are looked for in the ledger */
  #soughtFor = 0;
  /** the last that was looked for was there */
  #found = false;
  #wanted: () => boolean = () => true;
  readonly #outage: Outage;
  #money: Pause | null = null;
  failure: unknown;
  readonly note = null;

  constructor(
    input: GenerateInput,
    state: GenerationState,
    control: Control,
    budget: Budget,
    changed: () => Promise<void>,
  ) {
    this.#input = input;
    this.#outage = new Outage(control, changed, { firstSeconds: input.outageWaitSeconds });
    this.#state = state;
    this.#control = control;
    this.#budget = budget;
    this.#changed = changed;
    this.#answered = new Set(state.answered);
  }

  async keepFull(ended: () => boolean, wanted: () => boolean): Promise<void> {
    this.#wanted = wanted;
    const over = () => ended() || this.failure !== undefined;
    for (;;) {
      await condition(() => over() || this.#mayStart());
      if (over()) break;
      // What was affordable when the wait ended may have been reserved by another since.
      if (!this.#mayStart()) continue;
      const reservation = this.#reserve();
      const request = this.#state.next;
      this.#state.next += 1;
      this.#inFlight += 1;
      this.#ask(request, reservation)
        .catch((error: unknown) => {
          this.failure ??= error;
        })
        .finally(() => {
          this.#inFlight -= 1;
        });
    }
    // What is in flight is paid for: it ends in the ledger.
    await condition(() => this.idle || this.failure !== undefined);
  }

  get waitingFor(): Pause | null {
    return this.#money ?? this.#outage.pause;
  }

  get broke(): boolean {
    return this.#unpaid > 0 && this.#inFlight === this.#unpaid && !this.affordable;
  }

  get idle(): boolean {
    return this.#inFlight === 0;
  }

  get contiguous(): number {
    let count = 0;
    while (this.#answered.has(this.#state.taken + count)) count += 1;
    return count;
  }

  get answeredAhead(): number {
    return this.carried.length;
  }

  get carried(): number[] {
    return [...this.#answered].filter((request) => request >= this.#state.taken).sort((a, b) => a - b);
  }

  /** true where the worst case of one more request stays under the cap */
  get affordable(): boolean {
    return this.#budget.affords(this.#state.estimate.worstCaseRequestUsd);
  }

  async waitForMoney(until: () => boolean): Promise<void> {
    const { worstCaseRequestUsd } = this.#state.estimate;
    this.#money = budgetPause(this.#budget, 'one more request', worstCaseRequestUsd);
    await this.#changed();
    await condition(() => this.affordable || until());
    this.#money = null;
    await this.#changed();
  }

  /** What is in flight is paid for: it is waited for, so that its cost is booked, whatever ends the generation. */
  close(): Promise<void> {
    return condition(() => this.idle);
  }

  #mayStart(): boolean {
    const { state } = this.#control;
    if (state.paused || state.stopEarly || this.waitingFor !== null || this.#inFlight >= state.concurrency)
      return false;
    if (this.#state.next >= askedBelow(this.#state, this.#input, state)) return false;
    return this.affordable || this.#maySeek;
  }

  /** Nothing in flight can bring money back: one request is looked for in the ledger, and others where it has that. */
  get #maySeek(): boolean {
    return this.idle || (this.#found && this.#inFlight === this.#soughtFor);
  }

  #reserve(): Reservation | null {
    return this.#budget.reserve(this.#state.estimate.worstCaseRequestUsd);
  }

  async #ask(request: number, reserved: Reservation | null): Promise<void> {
    const cannot = (reason: string) => `request ${request} cannot be answered now (${reason})`;
    for (let asking = 0, reservation = reserved; ; ) {
      const { result, seconds } = await this.#outage.through(
        () => (reservation === null ? this.#seek(request) : this.#askOnce(request, asking)),
        cannot,
      );
      const paidUsd = bookAnswer(this.#state, result);
      if (reservation === null) this.#budget.book(paidUsd);
      else reservation.settle(paidUsd);
      if (result.status === 'answered') {
        this.#outage.over();
        bookSeconds(this.#state, result, seconds);
        break;
      }
      if (result.status === 'lost') asking += 1;
      if (result.status === 'lost' && asking % LOST_IN_A_ROW === 0)
        await this.#outage.wait(
          'teacher',
          cannot(`${LOST_IN_A_ROW} askings in a row brought no usable answer`),
        );
      const again = await this.#reserveAgain();
      if (again === null) return;
      reservation = again;
    }
    this.#answered.add(request);
    await this.#changed();
  }

  async #seek(request: number) {
    this.#soughtFor += 1;
    try {
      const sought = await this.#askOnce(request, 0, { fromLedgerAlone: true });
      this.#found = sought.result.status === 'answered';
      return sought;
    } finally {
      this.#soughtFor -= 1;
    }
  }

  #askOnce(request: number, asking: number, bound: Pick<AnswerRequestInput, 'fromLedgerAlone'> = {}) {
    const settings = requestSettings(this.#input, this.#state.seedTasks, this.#state);
    const ask = requesting(`request ${request}`, schedulingOf(this.#input));
    return whileRateLimited(async () => {
      const startedAt = Date.now();
      const { payer } = this.#control;
      const seen = seenPool(settings, this.#state);
      const result = await ask.answerRequest({ settings, request, ...seen, asking, payer, ...bound });
      return { result, seconds: (Date.now() - startedAt) / 1000 };
    });
  }

  /** Reserves for one more asking of a request, waiting for the money; null where generation ends first. */
  async #reserveAgain(): Promise<Reservation | null> {
    this.#unpaid += 1;
    const mayGoOn = () => {
      const { paused, stopEarly } = this.#control.state;
      return !this.#wanted() || stopEarly || (!paused && this.affordable);
    };
    while (!mayGoOn()) await condition(mayGoOn);
    this.#unpaid -= 1;
    return this.#wanted() ? this.#reserve() : null;
  }
}
