import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** What a visitor must know. */
export const token = z.string().min(16, 'a token has at least 16 characters');

/**
 * Whether a request brings the token of a server, as a bearer's or as the password of any user name. Digests
 * are compared, so that neither content nor length shows in the time it takes.
 */
export function knowsToken(token: string, { headers: { authorization = '' } }: FastifyRequest): boolean {
  const [scheme = '', credentials = ''] = authorization.split(' ', 2);
  const given =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(credentials, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, '')
      : credentials;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** What is said to an address that is guessing. */
export const GUESSING_MESSAGE = 'Too many wrong tokens from this address. Ask again in a minute.';

/** Wrong tokens that an address may try in a minute, before the right one is not heard either. */
const GUESSES = 20;
const MINUTE_MS = 60_000;
/** Addresses that are remembered; where there are more, all begin anew. */
const MOST_ADDRESSES = 10_000;

/** Whether a request brings the token; `guessing` where its address has tried too many wrong ones. */
export type TokenCheck = (request: FastifyRequest) => 'known' | 'unknown' | 'guessing';

/** @param knows whether a request brings what opens the place that it asks for */
export function limitGuesses(
  knows: (request: FastifyRequest) => boolean,
  now: () => number = Date.now,
): TokenCheck {
  const wrong = new Map<string, { count: number; since: number }>();
  return (request) => {
    const tried = wrong.get(request.ip);
    const recent =
      tried !== undefined && now() - tried.since < MINUTE_MS ? tried : { count: 0, since: now() };
    if (recent.count >= GUESSES) return 'guessing';
    if (knows(request)) return 'known';
    // A browser asks without a token first.
    if (request.headers.authorization === undefined) return 'unknown';
    if (wrong.size >= MOST_ADDRESSES) wrong.clear();
    wrong.set(request.ip, { ...recent, count: recent.count + 1 });
    return 'unknown';
  };
}
