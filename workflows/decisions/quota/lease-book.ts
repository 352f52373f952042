import {
  type Amount,
  type LeaseCall,
  type LeaseReply,
  type Limits,
  type LimitsView,
  NO_LIMITS,
} from '../../contracts/fleet/rate-limit.ts';
import { type QuotaState, SlidingQuota, worstWithin } from './sliding-quota.ts';

/**
 * The books of one limiter: who holds what, who waits in turn, and which limits are in force. Pure: the
 * time is given with each call, and must not go back. The fleet's copy lives in the workflow `rateLimit`;
 * where there is no server the same books are kept in the process.
 */
export interface LeaseBookState {
  quota: QuotaState;
  configured: Limits;
  learnt: Limits;
  /** by a person, while it runs */
  set: Limits | null;
  waiting: WaitingHolder[];
  /** the last call of each holder and what it was told: a call that is repeated gets the same answer */
  answered: Record<string, { number: number; at: number; reply: LeaseReply }>;
  lastCallAt: number;
}

interface WaitingHolder {
  holder: string;
  /** the worst case of the request that is next */
  tokens: number;
  /** a holder that does not ask again by then has lost its turn */
  until: number;
}

/** A blocked holder asks again after this share of the window, or when the oldest charge goes. */
const ASK_AGAIN = 1 / 60;

/** Turns are kept for a holder that asks again within so many of these waits. */
const TURN_WAITS = 5;

/** A repeated call comes within this, or its holder has died. */
const REMEMBER_MS = 600_000;

export class LeaseBook {
  readonly #quota: SlidingQuota;
  readonly #state: LeaseBookState;

  constructor(windowMs: number, state: LeaseBookState = emptyBook()) {
    this.#state = state;
    this.#quota = new SlidingQuota(windowMs, state.quota);
    state.quota = this.#quota.state;
  }

  get state(): LeaseBookState {
    return this.#state;
  }

  /** Books what ended, and grants as many of the wanted requests as fit, in their order. */
  lease(call: LeaseCall, now: number): LeaseReply {
    const state = this.#state;
    state.lastCallAt = now;
    const known = state.answered[call.holder];
    if (known && known.number === call.number) return known.reply;
    state.configured = call.configured;
    state.learnt = newest(state.learnt, call.learnt);
    this.#quota.counted(now);
    this.#quota.end(call.holder, call.released, call.used, now);
    if (call.seen) this.#quota.see(call.seen, now);
    const reply = this.#grant(call, now);
    for (const [holder, { at }] of Object.entries(state.answered))
      if (now - at > REMEMBER_MS) delete state.answered[holder];
    state.answered[call.holder] = { number: call.number, at: now, reply };
    return reply;
  }

  /** A person's limits; null goes back to those of the configuration and the endpoint. */
  setLimits(set: Limits | null): void {
    this.#state.set = set;
  }

  get limits(): Limits {
    const { configured, learnt, set } = this.#state;
    return (
      set ?? {
        requests: least(configured.requests, learnt.requests),
        tokens: least(configured.tokens, learnt.tokens),
      }
    );
  }

  view(profile: string, now: number): LimitsView {
    const { configured, learnt, set, quota, waiting } = this.#state;
    this.#quota.counted(now);
    return {
      profile,
      windowSeconds: this.#quota.windowMs / 1000,
      limits: this.limits,
      sources: { configured, learnt, set },
      inFlight: this.#quota.inFlight,
      ended: this.#quota.ended,
      others: { requests: this.#state.quota.others.requests, tokens: this.#state.quota.others.tokens },
      holders: Object.keys(quota.held).length,
      waiting: waiting.filter(({ until }) => until > now).length,
    };
  }

  /** True where nothing counts any more: books that are forgotten now forget nothing. */
  isEmpty(now: number): boolean {
    const { requests, tokens } = this.#quota.counted(now);
    return requests === 0 && tokens === 0;
  }

  #grant({ holder, wanted, holdMs }: LeaseCall, now: number): LeaseReply {
    const { limits } = this;
    const turns = this.#state.waiting.filter(({ until }) => until > now);
    const turn = turns.findIndex((waiting) => waiting.holder === holder);
    // What those who came before would take is not given to whoever asks in between.
    const before = turn < 0 ? turns : turns.slice(0, turn);
    const reserved: Amount = {
      requests: before.length,
      tokens: before.reduce((total, { tokens }) => total + worstWithin(tokens, limits), 0),
    };
    let granted = 0;
    for (const tokens of wanted) {
      if (!this.#quota.fits(tokens, limits, reserved, now)) break;
      this.#quota.hold(holder, tokens, holdMs, now);
      granted += 1;
    }
    const rest = turns.filter((waiting) => waiting.holder !== holder);
    this.#state.waiting = rest;
    const next = wanted[granted];
    if (next === undefined) return { granted, waitMs: null };
    const until = now + TURN_WAITS * this.#quota.windowMs * ASK_AGAIN + 1000;
    // Who got nothing keeps its place; who got something goes to the end.
    const place = turn >= 0 && granted === 0 ? turn : rest.length;
    rest.splice(place, 0, { holder, tokens: next, until });
    return { granted, waitMs: this.#waitMs(now) };
  }

  #waitMs(now: number): number {
    const soon = this.#quota.windowMs * ASK_AGAIN;
    return Math.max(10, Math.ceil(Math.min(soon, this.#quota.msUntilRoom(now) ?? soon)));
  }
}

/** What this worker did not learn another may have. */
function newest(before: Limits, now: Limits): Limits {
  return { requests: now.requests ?? before.requests, tokens: now.tokens ?? before.tokens };
}

function least(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

function emptyBook(): LeaseBookState {
  return {
    quota: new SlidingQuota(1).state,
    configured: NO_LIMITS,
    learnt: NO_LIMITS,
    set: null,
    waiting: [],
    answered: {},
    lastCallAt: 0,
  };
}
