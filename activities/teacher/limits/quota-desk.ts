import {
  type Amount,
  type LeaseCall,
  type LeaseReply,
  MOST_WANTED,
} from '../../../workflows/contracts/fleet/rate-limit.ts';

/** Asks a limiter, the fleet's or one in this process. A call that failed is made again as it was. */
export type LeaseQuota = (call: LeaseCall) => Promise<LeaseReply>;

export interface QuotaDeskOptions {
  lease: LeaseQuota;
  /** names this process, unlike every other */
  holder: string;
  holdMs: number;
  /** the least time between two calls, in milliseconds */
  callEveryMs: number;
  /** what the next call says of limits */
  state(): Pick<LeaseCall, 'configured' | 'learnt' | 'seen'>;
  /** the worst cases in tokens of what waits now and could be sent at once, in turn */
  wanted(): number[];
  /** the first so many of the last `wanted` may be sent; `askedAt` is when this was asked for */
  granted(count: number, askedAt: number): void;
  now(): number;
}

const NOTHING: Amount = { requests: 0, tokens: 0 };

/** Between two tries to reach a limiter that does not answer, in milliseconds. */
const LIMITER_AWAY_MS = 1000;

/**
 * This process's dealings with its limiter: never more than one call in flight and a bounded number a
 * second. Each reports all that ended since the last, and asks for all that waits.
 */
export class QuotaDesk {
  readonly #options: QuotaDeskOptions;
  #released = NOTHING;
  #used = NOTHING;
  #number = 0;
  #calledAt = Number.NEGATIVE_INFINITY;
  #askAgainAt = 0;
  #timer: { at: number; handle: NodeJS.Timeout } | undefined;
  #calling = false;

  constructor(options: QuotaDeskOptions) {
    this.#options = options;
  }

  /** A request that was granted ended. */
  end(released: Amount, used: Amount): void {
    this.#released = plus(this.#released, released);
    this.#used = plus(this.#used, used);
    this.#schedule(0);
  }

  /** Something new waits. */
  ask(): void {
    this.#schedule(this.#askAgainAt);
  }

  #schedule(at: number): void {
    if (this.#calling) return;
    const { now, callEveryMs } = this.#options;
    const due = Math.max(at, this.#calledAt + callEveryMs);
    if (this.#timer && this.#timer.at <= due) return;
    clearTimeout(this.#timer?.handle);
    const handle = setTimeout(() => void this.#call(), Math.max(0, due - now()));
    this.#timer = { at: due, handle };
  }

  async #call(): Promise<void> {
    const { lease, wanted, now, holder, holdMs } = this.#options;
    this.#timer = undefined;
    const want = wanted().slice(0, MOST_WANTED);
    const released = this.#released;
    const used = this.#used;
    if (want.length === 0 && released.requests === 0) return;
    this.#calling = true;
    this.#released = NOTHING;
    this.#used = NOTHING;
    this.#number += 1;
    const number = this.#number;
    const call = { holder, number, released, used, wanted: want, holdMs, ...this.#options.state() };
    const askedAt = now();
    for (;;) {
      this.#calledAt = now();
      try {
        this.#take(await lease(call), askedAt);
        return;
      } catch {
        // The same call again: where it did arrive, its number keeps it from counting twice.
        await new Promise((resolve) => setTimeout(resolve, LIMITER_AWAY_MS).unref());
      }
    }
  }

  #take(reply: LeaseReply, askedAt: number): void {
    const { granted, wanted, now } = this.#options;
    this.#calling = false;
    this.#askAgainAt = reply.waitMs === null ? 0 : now() + reply.waitMs;
    granted(reply.granted, askedAt);
    if (this.#released.requests > 0) this.#schedule(0);
    else if (wanted().length > 0) this.#schedule(this.#askAgainAt);
  }
}

function plus(a: Amount, b: Amount): Amount {
  return { requests: a.requests + b.requests, tokens: a.tokens + b.tokens };
}
