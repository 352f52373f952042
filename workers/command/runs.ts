import { userInfo } from 'node:os';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import type { Environment } from '../embedded/environment-file.ts';
import { type Found, findRun, type KnownRun, type RunPlaces, resultOf } from '../find-run.ts';
import { connect, serverName } from './connection.ts';
import { findEnvironment } from './environment.ts';
import { UsageError } from './outcome.ts';
import { openStore } from './place.ts';

/** Where this command looks for runs; the client is null where no server answers. */
export interface CommandPlaces extends RunPlaces {
  environment: Environment | null;
}

/** Gives `work` where runs are, and ends the connection after it. */
export async function withRuns<Result>(work: (places: CommandPlaces) => Promise<Result>): Promise<Result> {
  const environment = await findEnvironment();
  const store = openStore(environment?.store);
  const client = await connect(environment).catch(nobody);
  try {
    return await work({ environment, store, client, server: serverName(environment) });
  } finally {
    await client?.connection.close();
  }
}

/** @throws AlpacaError NotFound, naming where it was looked for */
export function lookUpRun(id: string): Promise<Pick<RunPlaces, 'store'> & { run: KnownRun }> {
  return withRuns(async (places) => ({ store: places.store, run: await findRun(places, id) }));
}

/** @throws UsageError where there is none */
export function required<Result>(found: Found<Result>): Result {
  if ('missing' in found) throw new UsageError(found.missing);
  return found.result;
}

/**
 * What a run came to that has ended.
 *
 * @throws what it ended with, where it did not complete; UsageError where it is of another kind
 */
export function endOf<Result>(
  run: KnownRun,
  schemas: Readonly<Record<string, z.ZodType<Result>>>,
  has: string,
): Result {
  if (run.status === 'CANCELLED') throw new CancelledFailure(run.failure ?? 'cancelled');
  if (run.failure !== null) throw ApplicationFailure.nonRetryable(run.failure, run.status);
  return required(resultOf(run, schemas, has));
}

/** @throws AlpacaError Configuration where no server answers */
export function answering({ client, server }: RunPlaces): Client {
  if (client !== null) return client;
  throw new AlpacaError('Configuration', `There is no answer from ${server}.`, {
    remedy: 'Start the environment with `npm run up`, or set TEMPORAL_ADDRESS.',
  });
}

/** The name of whoever starts a run by the command line, for its memo. */
export function whoIsLoggedIn(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may know its user by the number alone.
    return `user ${process.getuid?.()}`;
  }
}

function nobody(error: unknown): Client | null {
  if (error instanceof AlpacaError && error.code === 'Configuration') return null;
  throw error;
}
