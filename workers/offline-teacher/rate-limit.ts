/** What a limiter says of one request. */
export type LimiterReply =
  | { admitted: true; settle: (tokens: number) => void }
  | { admitted: false; reason: 'requests' | 'tokens'; retryAfterMs: number }
  /** larger than the limit itself: no waiting helps */
  | { admitted: false; reason: 'too large'; retryAfterMs: null };

export interface RateLimiter {
  /** Counts a request that may use up to `tokens`; `settle` corrects that to what it did use. */
  admit(tokens: number): LimiterReply;
  /** OpenAI's six x-ratelimit headers, as of now. */
  headers(): Record<string, string>;
}

interface CountedRequest {
  at: number;
  tokens: number;
}

/**
 * Requests and tokens in a sliding window (a minute): at no time has any window of that length admitted
 * more than the limits. A request holds its worst case until it is settled.
 */
export function createRateLimiter(limits: {
  requests: number;
  tokens: number;
  windowMs: number;
  now?: () => number;
}): RateLimiter {
  const now = limits.now ?? (() => performance.now());
  let admitted: CountedRequest[] = [];
  let expired = 0;
  let tokensInWindow = 0;

  const expire = () => {
    const oldest = now() - limits.windowMs;
    for (let entry = admitted[expired]; entry && entry.at <= oldest; entry = admitted[expired]) {
      tokensInWindow -= entry.tokens;
      entry.tokens = 0;
      expired += 1;
    }
    if (expired > 1024) {
      admitted = admitted.slice(expired);
      expired = 0;
    }
  };
  const requestsInWindow = () => admitted.length - expired;
  const msUntilExpired = (entry: CountedRequest | undefined) =>
    entry ? Math.max(1, Math.ceil(entry.at + limits.windowMs - now())) : 0;

  return {
    admit: (tokens) => {
      expire();
      if (tokens > limits.tokens) return { admitted: false, reason: 'too large', retryAfterMs: null };
      if (requestsInWindow() >= limits.requests) {
        return { admitted: false, reason: 'requests', retryAfterMs: msUntilExpired(admitted[expired]) };
      }
      if (tokensInWindow + tokens > limits.tokens) {
        let needed = tokensInWindow + tokens - limits.tokens;
        const freeing = admitted.slice(expired).find((entry) => {
          needed -= entry.tokens;
          return needed <= 0;
        });
        return { admitted: false, reason: 'tokens', retryAfterMs: msUntilExpired(freeing) };
      }
      const entry: CountedRequest = { at: now(), tokens };
      admitted.push(entry);
      tokensInWindow += tokens;
      const settle = (used: number) => {
        expire();
        if (entry.at <= now() - limits.windowMs) return;
        tokensInWindow += used - entry.tokens;
        entry.tokens = used;
      };
      return { admitted: true, settle };
    },
    headers: () => {
      expire();
      const reset = duration(msUntilExpired(admitted.at(-1)) * (requestsInWindow() > 0 ? 1 : 0));
      return {
        'x-ratelimit-limit-requests': String(limits.requests),
        'x-ratelimit-remaining-requests': String(limits.requests - requestsInWindow()),
        'x-ratelimit-reset-requests': reset,
        'x-ratelimit-limit-tokens': String(limits.tokens),
        'x-ratelimit-remaining-tokens': String(Math.max(0, limits.tokens - tokensInWindow)),
        'x-ratelimit-reset-tokens': reset,
      };
    },
  };
}

/** As OpenAI writes a duration in a header: "120ms", "1.5s", "6m0s". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`;
  return `${Math.floor(ms / 60_000)}m${Math.round((ms % 60_000) / 1000)}s`;
}
