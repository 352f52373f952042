import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback } from '../listening.ts';
import { knowsToken } from '../token.ts';

/** Bytes: but for votes, nobody sends this service a body. */
const LARGEST_BODY = 4096;
export const LARGEST_VOTES = 16_384;

/**
 * Decides who and what comes in, before any route: reads, and votes of our own pages; the token where one is
 * set; and on loopback no foreign Host header (a page elsewhere could otherwise reach the service under a
 * name of its own).
 */
export function admitReadersAndRaters(
  app: FastifyInstance,
  { host, token }: { host: string; token: string | null },
): void {
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
    // Whether a process is alive is no secret, and health checks carry no token.
    if (token !== null && request.url !== '/health' && !knowsToken(token, request)) {
      return refuse(
        reply.header('www-authenticate', 'Basic realm="alpaca", charset="UTF-8"'),
        401,
        'A token is needed: as the password of any user name, or as "Authorization: Bearer TOKEN".',
      );
    }
  });
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
