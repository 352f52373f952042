import { z } from 'zod';
import { port, readVariables } from '../listening.ts';

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
  ALPACA_SERVE_TOKEN: z.string().optional(),
});

/**
 * Null where ALPACA_SERVE_PORT is not set: then a worker serves nothing.
 *
 * @throws AlpacaError Configuration for a wrong value
 */
export function readServeConfiguration(env: NodeJS.ProcessEnv = process.env): ServeConfiguration | null {
  const found = readVariables(environment, env);
  const { ALPACA_SERVE_HOST: host, ALPACA_SERVE_PORT: port, ALPACA_SERVE_TOKEN: token = null } = found;
  return port === undefined ? null : { host, port, token };
}
