import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AlpacaError } from '../activities/errors.ts';

/** What the processes that listen read from their environment, each in variables of its own. */

const WHAT_A_PORT_IS = 'a port is a whole number from 0 to 65535';

/** A port as text; 0 is any free one. */
export const port = z
  .string()
  .regex(/^\d+$/, WHAT_A_PORT_IS)
  .transform(Number)
  .pipe(z.number().max(65_535, WHAT_A_PORT_IS));

/** Addresses and networks of proxies, separated by commas, whose X-Forwarded-For is believed. */
export const proxies = z
  .string()
  .regex(/^[\da-fA-F.:/]+(,\s*[\da-fA-F.:/]+)*$/, 'expected addresses or networks, separated by commas');

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

/** Without its port. X-Forwarded-Host is believed of nobody: a proxy may hand on what a page sent. */
export function hostIn({ headers }: Pick<FastifyRequest, 'headers'>): string {
  return (headers.host ?? '').replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
}

/**
 * True where no page of another origin can have sent it: browsers say where a request comes from. A page elsewhere
 * cannot send JSON without asking this service first either, which it does not allow.
 */
export function isOfOurOrigin({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === headers.host);
}

/**
 * Reads and checks variables. Empty ones count as unset.
 *
 * @throws AlpacaError Configuration for a wrong value, by the variable's name
 */
export function readVariables<Found>(schema: z.ZodType<Found>, env: NodeJS.ProcessEnv): Found {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const checked = schema.safeParse(given);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new AlpacaError(
    'Configuration',
    `The environment variable ${issue?.path.join('.')} is wrong: ${issue?.message}.`,
    { remedy: 'Mend or unset it.' },
  );
}
