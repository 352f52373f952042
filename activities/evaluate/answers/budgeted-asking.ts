import { setTimeout as delay } from 'node:timers/promises';
import { AlpacaError } from '../../errors.ts';
import { budgetReachedError, type SharedBudget } from '../../teacher/budget.ts';
import type { TeacherClient, TeacherRequest } from '../../teacher/client.ts';
import { TeacherFailure } from '../../teacher/failures.ts';
import { type AskingOutcome, askOnce, worstCaseOf } from '../../teacher/ledger/asking.ts';
import type { Ledger, LedgerEntry } from '../../teacher/ledger/ledger.ts';
import { isFree } from '../../teacher/prices.ts';
import { priceOf } from '../../teacher/profiles.ts';

/** Failures in a row of one request that may pass by themselves, before the step is failed. */
const TRIES = 8;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 20_000;

/** Who asks, on whose account. */
export interface Account {
  client: TeacherClient;
  ledger: Ledger;
  /** names the evaluation, and the part of it, in the ledger */
  paidBy: string;
  /** without a cap only where asking is free */
  budget: SharedBudget;
}

/**
 * @param what the profile's part in the evaluation, as the message calls it
 * @throws AlpacaError Configuration where the profile costs money and there is no budget
 */
export function requireBudget({ client, budget }: Account, what: string): void {
  if (budget.capUsd !== null || isFree(priceOf(client.profile))) return;
  throw new AlpacaError(
    'Configuration',
    `The ${what} "${client.profile.name}" costs money, and the evaluation has no budget.`,
    { remedy: 'Set budgetUsd, the most that the run may spend.' },
  );
}

/**
 * One request through the ledger, within the budget; failures that may pass are waited out.
 *
 * @throws TeacherFailure; AlpacaError BudgetReached before anything is sent that could exceed the budget
 */
export async function askWithinBudget(
  account: Account,
  request: TeacherRequest,
  occurrence: number,
  signal: AbortSignal,
): Promise<LedgerEntry> {
  const { client, ledger, paidBy } = account;
  let waitMs = FIRST_WAIT_MS;
  // A lost asking (sent, and no answer found) may have been paid for; the next one counts as new.
  for (let asking = 0, failures = 0; ; ) {
    try {
      const outcome = await withinBudget(account, request, () =>
        askOnce({ request, occurrence, asking, paidBy }, client, ledger, { signal }),
      );
      if (outcome.status !== 'lost') return outcome.entry;
      asking += 1;
    } catch (error) {
      if (!(error instanceof TeacherFailure) || error.code !== 'RateLimited') failures += 1;
      if (!(error instanceof TeacherFailure) || !error.retryable || failures === TRIES) throw error;
      await delay(Math.min(error.retryAfterMs ?? waitMs, LONGEST_WAIT_MS), undefined, { signal });
      waitMs *= 2;
    }
  }
}

/** Reserves the worst case before asking, so that the cap holds whatever comes back. */
async function withinBudget(
  { budget, client }: Account,
  request: TeacherRequest,
  ask: () => Promise<AskingOutcome>,
): Promise<AskingOutcome> {
  const worstCaseUsd = worstCaseOf(request, client);
  const reservation = await budget.reserve(worstCaseUsd);
  if (reservation === null) {
    const who = `Asking ${client.profile.name}`;
    throw budgetReachedError(budget, { who, what: 'one more answer', worstCaseUsd, kept: 'the answers' });
  }
  let paidUsd = worstCaseUsd;
  try {
    const outcome = await ask();
    paidUsd = outcome.status === 'lost' ? outcome.worstCaseUsd : outcome.paidUsd;
    return outcome;
  } catch (error) {
    // What may have been paid is booked when the next asking finds it lost.
    paidUsd = 0;
    throw error;
  } finally {
    reservation.settle(paidUsd);
  }
}
