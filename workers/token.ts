import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** What a visitor must know. */
export const token = z.string().min(16, 'a token has at least 16 characters');

/**
 * Whether a request brings the token of a server, as a bearer's or as the password of any user name. Digests
 * are compared, so that neither content nor length shows in the time it takes.
 */
export function knowsToken(token: string, request: FastifyRequest): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(tokenIn(request)), digest(token));
}

/** The token that a request brings, as a bearer's or as the password of any user name; empty where it brings none. */
export function tokenIn({ headers: { authorization = '' } }: FastifyRequest): string {
  const [scheme = '', credentials = ''] = authorization.split(' ', 2);
  if (scheme.toLowerCase() !== 'basic') return credentials;
  return Buffer.from(credentials, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '');
}

/** What is said to an address that is guessing. */
export const GUESSING_MESSAGE = 'Too many wrong tokens from this address. Ask again in a minute.';

/** Wrong tokens that an address may try in a minute, before the right one is not heard either. */
const GUESSES = 20;
const MINUTE_MS = 60_000;
/** Addresses that are remembered; where there are more, all begin anew. */
const MOST_ADDRESSES = 10_000;

/** Whether a request brings the token; `guessing` where its address has tried too many wrong ones. */
export type TokenCheck = (request: FastifyRequest) => Promise<Knowledge>;
export type Knowledge = 'known' | 'unknown' | 'guessing';

/** @param knows whether a request brings what opens the place that it asks for */
export function limitGuesses(
  knows: (request: FastifyRequest) => boolean | Promise<boolean>,
  now: () => number = Date.now,
): TokenCheck {
  const wrong = new Map<string, { count: number; since: number }>();
  const recentOf = (address: string) => {
    const tried = wrong.get(address);
    return tried !== undefined && now() - tried.since < MINUTE_MS ? tried : { count: 0, since: now() };
  };
  return async (request) => {
    if (recentOf(request.ip).count >= GUESSES) return 'guessing';
    if (await knows(request)) return 'known';
    // A browser asks without a token first.
    if (request.headers.authorization === undefined) return 'unknown';
    if (wrong.size >= MOST_ADDRESSES) wrong.clear();
    const recent = recentOf(request.ip);
    wrong.set(request.ip, { ...recent, count: recent.count + 1 });
    return 'unknown';
  };
}
