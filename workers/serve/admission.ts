import type { FastifyInstance } from 'fastify';
import { AlpacaError } from '../../activities/errors.ts';
import { isLoopback } from '../listening.ts';
import { refusal } from '../openai-answers.ts';
import { GUESSING_MESSAGE, knowsToken, limitGuesses, type TokenCheck } from '../token.ts';

/**
 * Decides who comes in, before any route: the token where one is set (as an API key, or as a browser's
 * password); on loopback no foreign Host header, since a page elsewhere could otherwise reach the server
 * under a name of its own; and never a page of another origin.
 *
 * @throws AlpacaError Configuration for a host that others can reach without a token
 */
export function admitKnown(
  app: FastifyInstance,
  { host, token }: { host: string; token: string | null },
): void {
  if (!isLoopback(host) && token === null)
    throw new AlpacaError(
      'Configuration',
      `The server is to listen on ${host}, where others can reach it, and has no token.`,
      { remedy: 'Set ALPACA_SERVE_TOKEN to a long random text, or leave --host at 127.0.0.1.' },
    );
  const check: TokenCheck =
    token === null ? async () => 'known' : limitGuesses((request) => knowsToken(token, request));
  app.addHook('onRequest', async (request, reply) => {
    if (isLoopback(host) && !isLoopback(request.hostname.replace(/^\[|\]$/g, '')))
      return reply
        .code(421)
        .send(refusal(421, `This server does not answer for the host ${request.hostname}.`).body);
    const site = request.headers['sec-fetch-site'];
    if (request.method === 'POST' && (site === 'cross-site' || site === 'same-site'))
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
