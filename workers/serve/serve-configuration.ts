import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';

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
  ALPACA_SERVE_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'a port is a whole number from 0 to 65535')
    .transform(Number)
    .pipe(z.number().max(65_535, 'a port is a whole number from 0 to 65535'))
    .optional(),
  ALPACA_SERVE_TOKEN: z.string().optional(),
});

/**
 * Null where ALPACA_SERVE_PORT is not set: then a worker serves nothing. Empty variables count as unset.
 *
 * @throws AlpacaError Configuration for a wrong value
 */
export function readServeConfiguration(env: NodeJS.ProcessEnv = process.env): ServeConfiguration | null {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const checked = environment.safeParse(given);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new AlpacaError(
      'Configuration',
      `The environment variable ${issue?.path.join('.')} is wrong: ${issue?.message}.`,
      { remedy: 'Mend or unset it.' },
    );
  }
  const { ALPACA_SERVE_HOST: host, ALPACA_SERVE_PORT: port, ALPACA_SERVE_TOKEN: token } = checked.data;
  return port === undefined ? null : { host, port, token: token ?? null };
}
