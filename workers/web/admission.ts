import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback } from './web-configuration.ts';

/** Nobody sends this service a body: it only shows. */
const LONGEST_BODY = 4096;

/**
 * Decides who and what comes in, before any route: reads only, the token where one is set, and on loopback
 * no foreign Host header (a page elsewhere could otherwise reach the service under a name of its own).
 */
export function admitReadersOnly(
  app: FastifyInstance,
  { host, token }: { host: string; token: string | null },
): void {
  app.addHook('onRequest', async (request, reply) => {
    if (Number(request.headers['content-length'] ?? 0) > LONGEST_BODY) {
      return refuse(reply.header('connection', 'close'), 413, 'The request is too large.');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(reply.header('allow', 'GET, HEAD'), 405, 'This service only answers GET and HEAD.');
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

/** Digests are compared, so that neither content nor length shows in the time it takes. */
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

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ error: message });
}
