import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hostIn, isLoopback, isOfOurOrigin } from '../listening.ts';
import { looksLikeToken } from '../runs/access/tokens.ts';
import { ON_THIS_MACHINE, OPERATOR, type Visitor } from '../runs/access/visitor.ts';
import { GUESSING_MESSAGE, type Knowledge, knowsToken, limitGuesses, tokenIn } from '../token.ts';
import { API, LARGEST_API_BODY } from './api/operation.ts';
import { MCP } from './mcp/mcp-path.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** null for raters, and for who asks for what is nobody's secret */
    visitor: Visitor | null;
    knowledge: Knowledge;
  }
}

/** Bytes: but for votes and the API, nobody sends this service a body. */
const LARGEST_BODY = 4096;
export const LARGEST_VOTES = 16_384;

export interface Doors {
  host: string;
  /** opens everything */
  token: string | null;
  /** opens the start pages of comparisons, and nothing else */
  ratersToken: string | null;
  /** the visitor whom a token of the store names */
  visitorOf(token: string): Promise<Visitor | null>;
}

/** Start pages, and the request for a seat that they make. */
const OF_START = /^\/(api\/)?rate\//;
/** A seat's page and what it asks for: the key in its address is the secret that opens it. */
const OF_SEAT = /^\/(?:api\/)?rate\/([^/?]+)\/([0-9a-f]{16})(?:[/?]|$)/;
/** What every page needs, and whoever asks whether the process is alive: nobody's secret. */
const PUBLIC = /^\/(assets\/|health$)/;

/** How a browser is told to ask for a token: as a password. */
export const ASKS_FOR_TOKEN = 'Basic realm="alpaca", charset="UTF-8"';

/** Finds out who asks, before anything else. Who guesses tokens is not heard. */
export function knowVisitors(app: FastifyInstance, doors: Doors): void {
  app.decorateRequest('visitor', null);
  app.decorateRequest('knowledge', 'unknown');
  const check = limitGuesses(async (request) => {
    request.visitor = await visitorAt(doors, request);
    if (request.visitor !== null || doors.ratersToken === null) return request.visitor !== null;
    return OF_START.test(request.url) && knowsToken(doors.ratersToken, request);
  });
  app.addHook('onRequest', async (request) => {
    request.knowledge = isOpen(request) ? 'known' : await check(request);
  });
}

/** Who asks, as his token says now; null where it opens nothing, and of raters. */
export async function visitorAt(doors: Doors, request: FastifyRequest): Promise<Visitor | null> {
  const token = tokenIn(request);
  if (doors.token !== null && knowsToken(doors.token, request)) return OPERATOR;
  if (looksLikeToken(token)) return doors.visitorOf(token);
  const isOfRaters = OF_START.test(request.url) && doors.ratersToken !== null;
  return doors.token === null && !isOfRaters ? ON_THIS_MACHINE : null;
}

/**
 * Decides who and what comes in, before any route: reads, votes of our own pages, and what the API and agents ask, from no
 * page of another origin; on loopback no foreign Host header (a page elsewhere could otherwise reach the service under a name of
 * its own); and where tokens are set, the operator to everything, raters to start pages, and who has a seat's key to
 * that seat.
 */
export function admitVisitors(app: FastifyInstance, { host }: Doors): void {
  app.addHook('onRequest', async (request, reply) => {
    const { method, url } = request;
    const votes = method === 'POST' && url.startsWith('/api/rate/');
    const ofApi = url.startsWith(`${API}/`) || url === MCP;
    if (Number(request.headers['content-length'] ?? 0) > largestBody(votes, ofApi)) {
      throw refusal(reply.header('connection', 'close'), 413, 'The request is too large.');
    }
    const reads = method === 'GET' || method === 'HEAD';
    if (!reads && !votes && !ofApi) {
      throw refusal(reply.header('allow', 'GET, HEAD'), 405, 'This service only answers GET and HEAD.');
    }
    if (votes && (request.headers['x-alpaca-rating'] === undefined || !isOfOurOrigin(request))) {
      throw refusal(reply, 403, 'Only the rating page of this service may vote here.');
    }
    if (!reads && !isOfOurOrigin(request)) {
      throw refusal(reply, 403, 'A page of another origin may change nothing here.');
    }
    const asked = hostIn(request);
    if (isLoopback(host) && !isLoopback(asked))
      throw refusal(reply, 421, `This service does not answer for the host ${asked}.`);
    const { knowledge } = request;
    if (knowledge === 'guessing') throw refusal(reply.header('retry-after', '60'), 429, GUESSING_MESSAGE);
    if (knowledge === 'unknown') {
      throw refusal(
        reply.header('www-authenticate', ASKS_FOR_TOKEN),
        401,
        'A token is needed: as the password of any user name, or as "Authorization: Bearer TOKEN".',
      );
    }
  });
}

/** @throws Error where the request was let in as nobody's */
export function visitorOf({ visitor, url }: FastifyRequest): Visitor {
  if (visitor === null) throw new Error(`${url} was let in, and nobody knows as whom`);
  return visitor;
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

function largestBody(votes: boolean, ofApi: boolean): number {
  if (votes) return LARGEST_VOTES;
  return ofApi ? LARGEST_API_BODY : LARGEST_BODY;
}

function isOpen({ url }: FastifyRequest): boolean {
  return PUBLIC.test(url) || seatIn(url) !== null;
}

/** What the reply is given by headers stays with it. */
function refusal(_: FastifyReply, statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}
