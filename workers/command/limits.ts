import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import {
  type Limits,
  type LimitsView,
  rateLimitWorkflowId,
} from '../../workflows/contracts/fleet/rate-limit.ts';
import { readConfiguration } from '../configuration.ts';
import { type Limiter, startLimiter } from '../fleet-limiter.ts';
import { connect } from './connection.ts';
import { findEnvironment } from './environment.ts';
import { UsageError } from './outcome.ts';
import type { Terminal } from './terminal.ts';

export interface LimitsOptions {
  requests?: string;
  tokens?: string;
  reset?: boolean;
}

/** `alpaca limits PROFILE`: what the fleet's limiter counts, and with options what it is to allow. */
export async function limits(profile: string, options: LimitsOptions, terminal: Terminal): Promise<void> {
  const changed = changeOf(options);
  const client = await connect(await findEnvironment());
  try {
    const view = changed === undefined ? await show(client, profile) : await set(client, profile, changed);
    terminal.result(view, inWords(view));
  } finally {
    await client.connection.close();
  }
}

async function show(client: Client, profile: string): Promise<LimitsView> {
  const { taskQueue } = readConfiguration();
  try {
    return await client.workflow
      .getHandle(rateLimitWorkflowId(taskQueue, profile))
      .query<LimitsView>('limits');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UsageError(
      `No worker has asked for a share of the limits of "${profile}": its profile has none, its endpoint's headers show none that binds, or nothing was sent yet.`,
    );
  }
}

/** Starts the limiter where none runs, so that limits can be set before the first request. */
function set(client: Client, profile: string, changed: Partial<Limits> | null): Promise<LimitsView> {
  const { taskQueue } = readConfiguration();
  return client.workflow.executeUpdateWithStart<Limiter, LimitsView, [Partial<Limits> | null]>('setLimits', {
    args: [changed],
    startWorkflowOperation: startLimiter({ name: profile, limits: null }, taskQueue),
  });
}

/** Undefined where nothing is to be changed; null where a person's limits are to go. */
function changeOf({ requests, tokens, reset }: LimitsOptions): Partial<Limits> | null | undefined {
  if (reset && (requests !== undefined || tokens !== undefined))
    throw new UsageError('--reset goes without --requests and --tokens.');
  if (reset) return null;
  if (requests === undefined && tokens === undefined) return undefined;
  return {
    ...(requests === undefined ? {} : { requests: wholeNumber('--requests', requests) }),
    ...(tokens === undefined ? {} : { tokens: wholeNumber('--tokens', tokens) }),
  };
}

function wholeNumber(option: string, text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw new UsageError(`${option} is a whole number from 1, not ${text}.`);
}

function inWords({
  profile,
  windowSeconds,
  limits: now,
  inFlight,
  ended,
  others,
  ...rest
}: LimitsView): string {
  const line = (what: 'requests' | 'tokens') => {
    const counted = inFlight[what] + ended[what] + others[what];
    return `${what}: ${counted} of ${now[what] ?? 'no limit'} in ${windowSeconds} s (${inFlight[what]} in flight at their worst, ${ended[what]} ended, ${others[what]} by others)`;
  };
  return [
    `Teacher ${profile}${rest.sources.set ? ', limits set by hand' : ''}`,
    line('requests'),
    line('tokens'),
    `workers that hold a share: ${rest.holders}; that wait for more: ${rest.waiting}`,
  ].join('\n');
}
