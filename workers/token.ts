import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

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
