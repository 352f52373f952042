import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';

/** The web service's own settings, from its environment. */
export interface WebConfiguration {
  host: string;
  /** 0: any free one */
  port: number;
  /** what a visitor must know; null only on loopback */
  token: string | null;
  /** where people find the Temporal UI; null where there is none */
  temporalUiUrl: string | null;
  /** where a GPU worker serves the models of runs; null where none does */
  chatUrl: string | null;
}

const WHAT_A_PORT_IS = 'a port is a whole number from 0 to 65535';
const port = z
  .string()
  .regex(/^\d+$/, WHAT_A_PORT_IS)
  .transform(Number)
  .pipe(z.number().max(65_535, WHAT_A_PORT_IS));

const environment = z.object({
  ALPACA_WEB_HOST: z.string().min(1).default('127.0.0.1'),
  ALPACA_WEB_PORT: port.default(8288),
  ALPACA_WEB_TOKEN: z.string().min(16, 'a token has at least 16 characters').optional(),
  ALPACA_TEMPORAL_UI_URL: z.url({ protocol: /^https?$/ }).optional(),
  ALPACA_CHAT_URL: z.url({ protocol: /^https?$/ }).optional(),
});

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Reads and checks the settings. Empty variables count as unset.
 *
 * @throws AlpacaError Configuration for a wrong value, or a host that others can reach without a token
 */
export function readWebConfiguration(env: NodeJS.ProcessEnv = process.env): WebConfiguration {
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
  const found = checked.data;
  const token = found.ALPACA_WEB_TOKEN ?? null;
  if (!isLoopback(found.ALPACA_WEB_HOST) && token === null) {
    throw new AlpacaError(
      'Configuration',
      `The web service is to listen on ${found.ALPACA_WEB_HOST}, where others can reach it, and has no token.`,
      {
        remedy:
          'Set ALPACA_WEB_TOKEN to a long random text (16 characters or more), or ALPACA_WEB_HOST to 127.0.0.1.',
      },
    );
  }
  return {
    host: found.ALPACA_WEB_HOST,
    port: found.ALPACA_WEB_PORT,
    token,
    temporalUiUrl: found.ALPACA_TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? null,
    chatUrl: found.ALPACA_CHAT_URL?.replace(/\/+$/, '') ?? null,
  };
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}
