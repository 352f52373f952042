import { createHash, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * By this a browser is known again that came by a start page: a random secret, which no script of a page reads and no
 * page of another site sends along with a request of its own.
 */
const COOKIE = 'alpaca-rater';
const SECRET = /(?:^|;\s*)alpaca-rater=([0-9a-f]{32})\s*(?:;|$)/;
const A_YEAR_SECONDS = 365 * 86_400;

/** Gives a browser its secret, where it has none. */
export function knowAgain(request: FastifyRequest, reply: FastifyReply): void {
  if (secretOf(request) !== null) return;
  const secret = randomBytes(16).toString('hex');
  reply.header(
    'set-cookie',
    `${COOKIE}=${secret}; Path=/; Max-Age=${A_YEAR_SECONDS}; HttpOnly; SameSite=Lax`,
  );
}

/** What a comparison knows a browser by: nobody can say it who has not its secret. Null where it sends none. */
export function browserName(request: FastifyRequest, rating: string): string | null {
  const secret = secretOf(request);
  if (secret === null) return null;
  return createHash('sha256').update(`${rating}\n${secret}`).digest('hex').slice(0, 32);
}

function secretOf({ headers: { cookie = '' } }: FastifyRequest): string | null {
  return SECRET.exec(cookie)?.[1] ?? null;
}
