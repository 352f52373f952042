import { z } from 'zod';
import { port, readVariables } from '../listening.ts';
import { token } from '../token.ts';

/** Where a GPU worker serves the models of runs, from its environment. */
export interface ServeConfiguration {
  host: string;
  /** 0: any free one */
  port: number;
  /** what a client must send as its API key; null only on loopback */
  token: string | null;
}

const environment = z.object({
  ALPACA_SERVE_HOST: z.string().min(1).default('127.0.0.1'),
  ALPACA_SERVE_PORT: port.optional(),
  ALPACA_SERVE_TOKEN: token.optional(),
});

/**
 * Null where ALPACA_SERVE_PORT is not set: then a worker serves nothing.
 *
 * @throws AlpacaError Configuration for a wrong value
 */
export function readServeConfiguration(env: NodeJS.ProcessEnv = process.env): ServeConfiguration | null {
  const found = readVariables(environment, env);
  const { ALPACA_SERVE_HOST: host, ALPACA_SERVE_PORT: port, ALPACA_SERVE_TOKEN = null } = found;
  return port === undefined ? null : { host, port, token: ALPACA_SERVE_TOKEN };
}

/**
 * The token alone: host and port of `alpaca serve` are options.
 *
 * @throws AlpacaError Configuration for a wrong value
 */
export function readServeToken(env: NodeJS.ProcessEnv = process.env): string | null {
  const found = readVariables(environment.pick({ ALPACA_SERVE_TOKEN: true }), env);
  return found.ALPACA_SERVE_TOKEN ?? null;
}
