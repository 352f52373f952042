/**
 * How many requests this process keeps in flight, as the endpoint bears it: additive increase,
 * multiplicative decrease, as TCP does against congestion (Jacobson, 1988). It starts at the most, so that
 * an endpoint that never complains is asked at full width.
 *
 * Pure: it counts round trips by the requests themselves, and needs no clock.
 */
export interface AdaptiveConcurrency {
  /** how many may be in flight now: 1 to `most` */
  readonly limit: number;
  readonly inFlight: number;
  /** Starts a request; its ticket says later which round trip it belonged to. */
  start(): Ticket;
  /** @returns true where the limit was lowered by it */
  end(ticket: Ticket, outcome: 'answered' | 'overloaded' | 'failed'): boolean;
}

export type Ticket = number & { readonly __ticket: unique symbol };

/** A round trip without complaint widens the limit by this share of the most. */
const WIDEN_BY = 1 / 16;

/** @param most null for no bound until the endpoint complains; then what was in flight is the measure */
export function createAdaptiveConcurrency(most: number | null): AdaptiveConcurrency {
  let limit = most ?? Number.POSITIVE_INFINITY;
  let step = Math.max(1, (most ?? 1) * WIDEN_BY);
  let inFlight = 0;
  let started = 0;
  /** what was started up to here belongs to the round trip that was answered already */
  let lastDecrease = 0;

  return {
    get limit() {
      return Math.max(1, Math.floor(limit));
    },
    get inFlight() {
      return inFlight;
    },
    start() {
      started += 1;
      inFlight += 1;
      return started as Ticket;
    },
    end(ticket, outcome) {
      const before = inFlight;
      inFlight -= 1;
      if (outcome === 'answered' && Number.isFinite(limit))
        limit = Math.min(most ?? Number.MAX_SAFE_INTEGER, limit + step / limit);
      // One burst of refusals is one complaint, however many requests were in it.
      if (outcome !== 'overloaded' || ticket <= lastDecrease) return false;
      lastDecrease = started;
      if (!Number.isFinite(limit)) step = Math.max(1, before * WIDEN_BY);
      limit = Math.max(1, Math.min(limit, before) / 2);
      return true;
    },
  };
}
