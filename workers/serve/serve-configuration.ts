import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { port, proxies, readVariables } from '../listening.ts';
import { token } from '../token.ts';

/** Who may ask a server of models, and where its chat page leads. */
interface ServeAccess {
  /** what a client must send as its API key; null only on loopback */
  token: string | null;
  /** addresses of proxies, separated by commas, whose X-Forwarded-For is believed; null: nobody's is */
  trustedProxies: string | null;
  /** the web service with the pages of runs; null where none is known */
  webUrl: string | null;
}

/** Where a GPU worker serves the models of runs, from its environment. */
export interface ServeConfiguration extends ServeAccess {
  host: string;
  /** 0: any free one */
  port: number;
}

const access = z.object({
  ALPACA_SERVE_TOKEN: token.optional(),
  ALPACA_SERVE_PROXIES: proxies.optional(),
  ALPACA_WEB_URL: z.url({ protocol: /^https?$/ }).optional(),
});
const place = z.object({
  ALPACA_SERVE_HOST: z.string().min(1).default('127.0.0.1'),
  ALPACA_SERVE_PORT: port.optional(),
});

/**
 * Null where ALPACA_SERVE_PORT is not set: then a worker serves nothing.
 *
 * @throws AlpacaError Configuration for a wrong value, or proxies by which others can reach it without a token
 */
export function readServeConfiguration(env: NodeJS.ProcessEnv = process.env): ServeConfiguration | null {
  const { ALPACA_SERVE_HOST: host, ALPACA_SERVE_PORT: port } = readVariables(place, env);
  const found = readServeAccess(env);
  return port === undefined ? null : { host, port, ...found };
}

/**
 * That alone: host and port of `alpaca serve` are options.
 *
 * @throws AlpacaError Configuration for a wrong value, or proxies by which others can reach it without a token
 */
export function readServeAccess(env: NodeJS.ProcessEnv = process.env): ServeAccess {
  const found = readVariables(access, env);
  const { ALPACA_SERVE_TOKEN = null, ALPACA_SERVE_PROXIES = null } = found;
  if (ALPACA_SERVE_PROXIES !== null && ALPACA_SERVE_TOKEN === null)
    throw new AlpacaError(
      'Configuration',
      'ALPACA_SERVE_PROXIES names proxies, through which others can reach the server of models, and it has no token.',
      { remedy: 'Set ALPACA_SERVE_TOKEN to a long random text (16 characters or more).' },
    );
  return {
    token: ALPACA_SERVE_TOKEN,
    trustedProxies: ALPACA_SERVE_PROXIES,
    webUrl: found.ALPACA_WEB_URL?.replace(/\/+$/, '') ?? null,
  };
}
