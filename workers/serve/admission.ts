import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AlpacaError } from '../../activities/errors.ts';
import { hostIn, isLoopback, isOfOurOrigin } from '../listening.ts';
import { refusal } from '../openai-answers.ts';
import { looksLikeToken } from '../runs/access/tokens.ts';
import { ON_THIS_MACHINE, type Visitor } from '../runs/access/visitor.ts';
import { GUESSING_MESSAGE, knowsToken, limitGuesses, tokenIn } from '../token.ts';
import { Refused } from './openai-errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | null;
  }
}

export interface Doors {
  host: string;
  /** opens the models, and nothing else; null only on loopback */
  token: string | null;
  /** the visitor whom a token of the store names; absent where there is no store */
  visitorOf?: ((token: string) => Promise<Visitor | null>) | undefined;
}

/**
 * Decides who comes in, before any route: the token where one is set (as an API key, or as a browser's
 * password), or a visitor's own; on loopback no foreign Host header, since a page elsewhere could otherwise reach the
 * server under a name of its own; and never a page of another origin.
 *
 * @throws AlpacaError Configuration for a host that others can reach without a token
 */
export function admitKnown(app: FastifyInstance, doors: Doors): void {
  const { host, token } = doors;
  if (!isLoopback(host) && token === null)
    throw new AlpacaError(
      'Configuration',
      `The server is to listen on ${host}, where others can reach it, and has no token.`,
      { remedy: 'Set ALPACA_SERVE_TOKEN to a long random text, or leave --host at 127.0.0.1.' },
    );
  app.decorateRequest('visitor', null);
  const check = limitGuesses((request) => isKnown(request, doors));
  app.addHook('onRequest', async (request, reply) => {
    const asked = hostIn(request);
    if (isLoopback(host) && !isLoopback(asked))
      return reply.code(421).send(refusal(421, `This server does not answer for the host ${asked}.`).body);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (!reads && !isOfOurOrigin(request))
      return reply.code(403).send(refusal(403, 'A page of another origin may not ask here.').body);
    const known = request.url === '/health' ? 'known' : await check(request);
    if (known === 'guessing')
      return reply.code(429).header('retry-after', '60').send(refusal(429, GUESSING_MESSAGE).body);
    if (known === 'unknown')
      return reply
        .code(401)
        .header('www-authenticate', 'Basic realm="alpaca", charset="UTF-8"')
        .send(refusal(401, 'A token is needed, as the API key.', { code: 'invalid_api_key' }).body);
  });
}

/** Of one visitor: an upload, a job and its events each second, and some more. */
const REQUESTS_PER_MINUTE = 600;
const FILES_AND_JOBS = /^\/v1\/(files|fine_tuning)\b/;

/**
 * Bounds what a visitor's own token asks for, chats too, and who has none where files and jobs are: what he asks the
 * models waits its turn, as that of a teacher does.
 */
export async function limitVisitors(app: FastifyInstance): Promise<void> {
  const hasToken = ({ visitor }: FastifyRequest) => visitor !== null && visitor !== ON_THIS_MACHINE;
  await app.register(rateLimit, { global: false });
  app.addHook(
    'onRequest',
    app.rateLimit({
      ...{ max: REQUESTS_PER_MINUTE, timeWindow: '1 minute' },
      allowList: (request) => !hasToken(request) && !FILES_AND_JOBS.test(request.routeOptions.url ?? ''),
      keyGenerator: (request) => (hasToken(request) ? `token ${request.visitor?.id}` : request.ip),
      errorResponseBuilder: (_, { after, max }) =>
        new Refused(429, `More than ${max} requests in a minute; try again in ${after}.`, {
          code: 'rate_limit_exceeded',
        }),
    }),
  );
}

/** @throws AlpacaError Permission for who may ask the models, and is nobody by a token of his own */
export function visitorOf({ visitor }: FastifyRequest): Visitor {
  if (visitor !== null) return visitor;
  throw new AlpacaError('Permission', 'ALPACA_SERVE_TOKEN opens the models, and not files and jobs.', {
    remedy: 'Make a token with `npx alpaca token create NAME --role run`, and use it as the API key.',
  });
}

/** On loopback where no token is set anything is taken as an API key, but for what was a token of ours. */
async function isKnown(request: FastifyRequest, { token, visitorOf }: Doors): Promise<boolean> {
  const brought = tokenIn(request);
  if (visitorOf !== undefined && looksLikeToken(brought)) {
    request.visitor = await visitorOf(brought);
    return request.visitor !== null;
  }
  if (token !== null) return knowsToken(token, request);
  request.visitor = ON_THIS_MACHINE;
  return true;
}
