import type { Amount, Limits } from '../../contracts/fleet/rate-limit.ts';

/**
 * Requests and tokens in a sliding window, counted so that no endpoint can count more: in ANY window of
 * `windowMs` the requests that could be counted in it never pass the limits.
 *
 * When an endpoint counts a request is its own affair: on arrival, at the end, or in between. So a
 * request's worst case is held from its grant until its end is reported, and what it used stays charged
 * for a whole window after that end. Any window that the request can be counted in lies within that time.
 * A holder that dies reports no end: all that it held goes a window after its last request must have ended.
 */
export interface QuotaState {
  held: Record<string, Amount & { until: number }>;
  charges: Charge[];
  /** used by others on the same account, as the endpoint's headers show */
  others: Amount & { until: number };
  /** the most that was counted here in this window and in the one before */
  peaks: { since: number; current: Amount; previous: Amount };
}

/** What ended between `since` and `at`; it counts until a window after `at`. */
interface Charge extends Amount {
  since: number;
  at: number;
}

/** Charges are kept in slices of the window, so that there are few however many requests there are. */
const SLICES = 60;

const NOTHING: Amount = { requests: 0, tokens: 0 };

export class SlidingQuota {
  readonly windowMs: number;
  /** how long a charge counts: the window, and a hundredth for clocks that differ */
  readonly #countsMs: number;
  readonly #state: QuotaState;

  constructor(windowMs: number, state: QuotaState = emptyState()) {
    this.windowMs = windowMs;
    this.#countsMs = windowMs + Math.max(20, windowMs / 100);
    this.#state = state;
  }

  get state(): QuotaState {
    return this.#state;
  }

  /** True where one more request of `tokens` fits beside what counts, and beside what is `reserved`. */
  fits(tokens: number, limits: Limits, reserved: Amount, now: number): boolean {
    const counted = sum(this.counted(now), reserved);
    return (
      (limits.requests === null || counted.requests + 1 <= limits.requests) &&
      (limits.tokens === null || counted.tokens + worstWithin(tokens, limits) <= limits.tokens)
    );
  }

  /** Holds a request's worst case for `holder`, whose requests have all ended after `holdMs`. */
  hold(holder: string, tokens: number, holdMs: number, now: number): void {
    const held = this.#state.held[holder] ?? { ...NOTHING, until: 0 };
    const until = Math.max(held.until, now + holdMs + this.#countsMs);
    this.#state.held[holder] = { requests: held.requests + 1, tokens: held.tokens + tokens, until };
  }

  /** Requests of `holder` ended: what they held is charged as what they used. */
  end(holder: string, released: Amount, used: Amount, now: number): void {
    const { charges, held } = this.#state;
    const left = held[holder];
    if (left) {
      left.requests = Math.max(0, left.requests - released.requests);
      left.tokens = Math.max(0, left.tokens - released.tokens);
      if (left.requests === 0) delete held[holder];
    }
    if (used.requests === 0 && used.tokens === 0) return;
    const last = charges.at(-1);
    if (last && now - last.since < this.windowMs / SLICES) {
      last.requests += used.requests;
      last.tokens += used.tokens;
      last.at = now;
    } else charges.push({ ...used, since: now, at: now });
  }

  /**
   * Takes what the endpoint says it counted so far. It can be older than a request is long, so only what
   * passes the most that was counted here lately is others' use; that counts until the endpoint's reset.
   */
  see(seen: Amount & { resetMs: number }, now: number): void {
    const { current, previous } = this.#state.peaks;
    const beyond = (what: 'requests' | 'tokens') =>
      Math.max(0, seen[what] - Math.max(current[what], previous[what]));
    const until = now + Math.min(seen.resetMs, this.windowMs);
    this.#state.others = { requests: beyond('requests'), tokens: beyond('tokens'), until };
  }

  /** All that counts now: in flight, ended within a window, and used by others. */
  counted(now: number): Amount {
    this.#forget(now);
    const own = sum(this.inFlight, this.ended);
    this.#notePeak(own, now);
    return sum(own, this.#state.others);
  }

  get inFlight(): Amount {
    return Object.values(this.#state.held).reduce(sum, NOTHING);
  }

  get ended(): Amount {
    return this.#state.charges.reduce(sum, NOTHING);
  }

  /** Milliseconds until the oldest charge stops counting; null where none counts. */
  msUntilRoom(now: number): number | null {
    const [oldest] = this.#state.charges;
    return oldest ? oldest.at + this.#countsMs - now : null;
  }

  #forget(now: number): void {
    const { charges, held, others } = this.#state;
    while (charges[0] && charges[0].at + this.#countsMs <= now) charges.shift();
    for (const [holder, { until }] of Object.entries(held)) if (until <= now) delete held[holder];
    if (others.until <= now) this.#state.others = { ...NOTHING, until: 0 };
  }

  #notePeak(own: Amount, now: number): void {
    const { peaks } = this.#state;
    if (now - peaks.since >= this.windowMs) {
      const isNext = now - peaks.since < 2 * this.windowMs;
      peaks.previous = isNext ? peaks.current : NOTHING;
      peaks.current = NOTHING;
      peaks.since = now;
    }
    peaks.current = {
      requests: Math.max(peaks.current.requests, own.requests),
      tokens: Math.max(peaks.current.tokens, own.tokens),
    };
  }
}

/**
 * A request that might use more than the whole limit goes alone: its worst case is a bound that few
 * reach, and whether it is too large is for the endpoint to say.
 */
export function worstWithin(tokens: number, limits: Limits): number {
  return limits.tokens === null ? tokens : Math.min(tokens, limits.tokens);
}

function sum(a: Amount, b: Amount): Amount {
  return { requests: a.requests + b.requests, tokens: a.tokens + b.tokens };
}

function emptyState(): QuotaState {
  return {
    held: {},
    charges: [],
    others: { ...NOTHING, until: 0 },
    peaks: { since: 0, current: NOTHING, previous: NOTHING },
  };
}
