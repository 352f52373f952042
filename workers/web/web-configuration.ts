import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { isLoopback, port, proxies, readVariables } from '../listening.ts';
import { token } from '../token.ts';

/** The web service's own settings, from its environment. */
export interface WebConfiguration {
  host: string;
  /** 0: any free one */
  port: number;
  /** what a visitor must know; null only on loopback */
  token: string | null;
  /** what opens a comparison's start page, and nothing else; null: the token above does, or nobody needs one */
  ratersToken: string | null;
  /** addresses of proxies, separated by commas, whose X-Forwarded-For is believed; null: nobody's is */
  trustedProxies: string | null;
  /** where people find the Temporal UI; null where there is none */
  temporalUiUrl: string | null;
  /** where a GPU worker serves the models of runs; null where none does */
  chatUrl: string | null;
}

const environment = z.object({
  ALPACA_WEB_HOST: z.string().min(1).default('127.0.0.1'),
  ALPACA_WEB_PORT: port.default(8288),
  ALPACA_WEB_TOKEN: token.optional(),
  ALPACA_RATERS_TOKEN: token.optional(),
  ALPACA_WEB_PROXIES: proxies.optional(),
  ALPACA_TEMPORAL_UI_URL: z.url({ protocol: /^https?$/ }).optional(),
  ALPACA_CHAT_URL: z.url({ protocol: /^https?$/ }).optional(),
});

/**
 * Reads and checks the settings.
 *
 * @throws AlpacaError Configuration for a wrong value, or a host or proxies by which others can reach it without a token
 */
export function readWebConfiguration(env: NodeJS.ProcessEnv = process.env): WebConfiguration {
  const found = readVariables(environment, env);
  const { ALPACA_WEB_TOKEN: operators = null, ALPACA_RATERS_TOKEN: raters = null } = found;
  if (raters !== null && raters === operators)
    throw new AlpacaError(
      'Configuration',
      'ALPACA_RATERS_TOKEN is ALPACA_WEB_TOKEN, which opens everything.',
      {
        remedy: 'Give raters a token of their own: with the other one they see whose answer is whose.',
      },
    );
  if (!isLoopback(found.ALPACA_WEB_HOST) && operators === null) {
    throw new AlpacaError(
      'Configuration',
      `The web service is to listen on ${found.ALPACA_WEB_HOST}, where others can reach it, and has no token.`,
      {
        remedy:
          'Set ALPACA_WEB_TOKEN to a long random text (16 characters or more), or ALPACA_WEB_HOST to 127.0.0.1.',
      },
    );
  }
  if (found.ALPACA_WEB_PROXIES !== undefined && operators === null)
    throw new AlpacaError(
      'Configuration',
      'ALPACA_WEB_PROXIES names proxies, through which others can reach the web service, and it has no token.',
      { remedy: 'Set ALPACA_WEB_TOKEN to a long random text (16 characters or more).' },
    );
  return {
    host: found.ALPACA_WEB_HOST,
    port: found.ALPACA_WEB_PORT,
    token: operators,
    ratersToken: raters,
    trustedProxies: found.ALPACA_WEB_PROXIES ?? null,
    temporalUiUrl: found.ALPACA_TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? null,
    chatUrl: found.ALPACA_CHAT_URL?.replace(/\/+$/, '') ?? null,
  };
}
