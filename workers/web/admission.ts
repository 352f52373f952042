import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback } from '../listening.ts';
import { GUESSING_MESSAGE, knowsToken, limitGuesses } from '../token.ts';

/** Bytes: but for votes, nobody sends this service a body. */
const LARGEST_BODY = 4096;
export const LARGEST_VOTES = 16_384;

export interface Doors {
  host: string;
  /** opens everything */
  token: string | null;
  /** opens the start pages of comparisons, and nothing else */
  ratersToken: string | null;
}

/** Start pages, and the request for a seat that they make. */
const OF_START = /^\/(api\/)?rate\//;
/** A seat's page and what it asks for: the key in its address is the secret that opens it. */
const OF_SEAT = /^\/(?:api\/)?rate\/([^/?]+)\/([0-9a-f]{16})(?:[/?]|$)/;
/** What every page needs, and whoever asks whether the process is alive: nobody's secret. */
const PUBLIC = /^\/(assets\/|health$)/;

/**
 * Decides who and what comes in, before any route: reads, and votes of our own pages; on loopback no foreign Host
 * header (a page elsewhere could otherwise reach the service under a name of its own); and where tokens are set, the
 * operator to everything, raters to start pages, and who has a seat's key to that seat. Who guesses tokens is not heard.
 */
export function admitReadersAndRaters(app: FastifyInstance, doors: Doors): void {
  const { host } = doors;
  const check = limitGuesses((request) => knowsDoor(request, doors));
  app.addHook('onRequest', async (request, reply) => {
    const votes = request.method === 'POST' && request.url.startsWith('/api/rate/');
    if (Number(request.headers['content-length'] ?? 0) > (votes ? LARGEST_VOTES : LARGEST_BODY)) {
      return refuse(reply.header('connection', 'close'), 413, 'The request is too large.');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD' && !votes) {
      return refuse(reply.header('allow', 'GET, HEAD'), 405, 'This service only answers GET and HEAD.');
    }
    if (votes && !isOfOurPages(request)) {
      return refuse(reply, 403, 'Only the rating page of this service may vote here.');
    }
    if (isLoopback(host) && !isLoopback(request.hostname.replace(/^\[|\]$/g, ''))) {
      return refuse(reply, 421, `This service does not answer for the host ${request.hostname}.`);
    }
    const known = isOpen(request) ? 'known' : check(request);
    if (known === 'guessing') return refuse(reply.header('retry-after', '60'), 429, GUESSING_MESSAGE);
    if (known === 'unknown') {
      return refuse(
        reply.header('www-authenticate', 'Basic realm="alpaca", charset="UTF-8"'),
        401,
        'A token is needed: as the password of any user name, or as "Authorization: Bearer TOKEN".',
      );
    }
  });
}

/** The rating and the key that an address names, where it is one of a seat. */
export function seatIn(url: string): { rating: string; key: string } | null {
  const [, rating, key] = OF_SEAT.exec(url) ?? [];
  if (rating === undefined || key === undefined) return null;
  try {
    return { rating: decodeURIComponent(rating), key };
  } catch {
    return null;
  }
}

function isOpen({ url }: FastifyRequest): boolean {
  return PUBLIC.test(url) || seatIn(url) !== null;
}

function knowsDoor(request: FastifyRequest, { token, ratersToken }: Doors): boolean {
  if (token !== null && knowsToken(token, request)) return true;
  if (OF_START.test(request.url) && ratersToken !== null) return knowsToken(ratersToken, request);
  return token === null;
}

/**
 * True where no page of another origin can have sent it. Browsers say where a request comes from; and a page
 * elsewhere cannot set a header of its own without asking this service first, which it does not allow.
 */
function isOfOurPages({ headers }: FastifyRequest): boolean {
  if (headers['x-alpaca-rating'] === undefined) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === headers.host);
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: message });
}
