import { type Amount, type Limits, NO_LIMITS } from '../../../workflows/contracts/fleet/rate-limit.ts';

/**
 * What an endpoint says of its limits in OpenAI's headers, `x-ratelimit-limit-requests` and its like.
 * https://platform.openai.com/docs/guides/rate-limits names the six.
 */
export interface StatedLimits {
  limits: Limits;
  /** counted so far, the use of others on the account included; null where it is not stated */
  used: (Amount & { resetMs: number }) | null;
  /** the smallest share of a limit that is left, 0 to 1 */
  left: number;
}

/** Null where the headers state no limit by the window. */
export function readLimitHeaders(headers: Headers, windowMs: number): StatedLimits | null {
  const requests = readOne(headers, 'requests', windowMs);
  const tokens = readOne(headers, 'tokens', windowMs);
  if (requests === null && tokens === null) return null;
  return {
    limits: { requests: requests?.limit ?? null, tokens: tokens?.limit ?? null },
    used: {
      requests: requests?.used ?? 0,
      tokens: tokens?.used ?? 0,
      resetMs: Math.max(requests?.resetMs ?? 0, tokens?.resetMs ?? 0),
    },
    left: Math.min(requests?.left ?? 1, tokens?.left ?? 1),
  };
}

/** Some endpoints state limits by the day under the same name: those take longer than a window to reset. */
function readOne(headers: Headers, what: 'requests' | 'tokens', windowMs: number) {
  const limit = wholeNumber(headers.get(`x-ratelimit-limit-${what}`));
  if (limit === null || limit < 1) return null;
  const remaining = Math.min(limit, wholeNumber(headers.get(`x-ratelimit-remaining-${what}`)) ?? limit);
  const resetMs = readDuration(headers.get(`x-ratelimit-reset-${what}`) ?? '') ?? 0;
  if (resetMs > windowMs) return null;
  return { limit, used: limit - remaining, left: remaining / limit, resetMs };
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,12}$/.test(text.trim()) ? Number(text) : null;
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration as these headers write it, `1s`, `6m0s` or `120ms`, or in plain seconds; null where it is none. */
export function readDuration(text: string): number | null {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.ceil(Number(trimmed) * 1000);
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(trimmed)) return null;
  let total = 0;
  for (const [, count, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g))
    total += Number(count) * (UNITS[unit ?? ''] ?? 0);
  return Math.ceil(total);
}

/** Evidence that a limit binds holds for so many windows after it was last seen. */
const BINDS_FOR_WINDOWS = 10;

/** A limit with this share of it left binds soon. */
const BINDS_BELOW = 0.25;

/**
 * The limits that the endpoint's headers teach. Many endpoints state limits that no run comes near; to
 * reckon with those would cost calls for nothing. So a stated limit is learnt once it binds: little of it
 * is left, or a request was refused for it.
 */
export class LearntLimits {
  readonly #windowMs: number;
  #latest: StatedLimits | null = null;
  #bindsUntil = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  observe(headers: Headers, status: number, now: number): void {
    const stated = readLimitHeaders(headers, this.#windowMs);
    if (stated === null) return;
    this.#latest = stated;
    if (status === 429 || stated.left < BINDS_BELOW)
      this.#bindsUntil = now + BINDS_FOR_WINDOWS * this.#windowMs;
  }

  limits(now: number): Limits {
    return this.#latest !== null && now < this.#bindsUntil ? this.#latest.limits : NO_LIMITS;
  }

  /** What the endpoint counted, said once for each answer that stated it. */
  takeUsed(): StatedLimits['used'] {
    const used = this.#latest?.used ?? null;
    if (this.#latest) this.#latest = { ...this.#latest, used: null };
    return used;
  }
}
