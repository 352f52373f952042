import { AlpacaError } from '../../errors.ts';
import { withoutThinking } from '../../teacher/answer/thinking.ts';
import type { TeacherClient, TeacherRequest } from '../../teacher/client.ts';
import { type Asking, type AskingOutcome, askOnce, foundTogether } from '../../teacher/ledger/asking.ts';
import type { Ledger, LedgerEntry } from '../../teacher/ledger/ledger.ts';
import { worstCaseOf } from '../../teacher/ledger/sending.ts';
import { budgetReachedError, type SharedBudget } from '../../teacher/profile/budget.ts';
import { isFree } from '../../teacher/profile/prices.ts';
import { priceOf, type TeacherProfile } from '../../teacher/profile/profiles.ts';
import { type RetryTeller, untilItPasses } from '../../teacher/until-it-passes.ts';

/** Questions in flight where the profile names no bound. */
const QUESTIONS_AT_ONCE = 8;

/** Who asks, on whose account. */
export interface Account {
  client: TeacherClient;
  ledger: Ledger;
  /** names the evaluation, and the part of it, in the ledger */
  paidBy: string;
  /** without a cap only where asking is free */
  budget: SharedBudget;
  /** of a command without a server: it waits where a run would, and says for what */
  told?: RetryTeller | undefined;
}

/** How many questions the account's teacher is asked at a time. */
export function questionsAtOnce({ client }: Account): number {
  return client.profile.concurrency ?? QUESTIONS_AT_ONCE;
}

/**
 * @param what the profile's part in the evaluation, as the message calls it
 * @throws AlpacaError BudgetRequired where the profile costs money and there is no budget
 */
export function requireBudget({ client, budget }: Pick<Account, 'client' | 'budget'>, what: string): void {
  if (budget.capUsd !== null || isFree(priceOf(client.profile))) return;
  throw new AlpacaError(
    'BudgetRequired',
    `The ${what} "${client.profile.name}" costs money, and there is no budget.`,
    { remedy: 'Set budgetUsd, the most that the run may spend.' },
  );
}

/**
 * One request through the ledger, within the budget; failures that may pass are waited out.
 *
 * @returns its entry with what the model thought cut off from the text
 * @throws TeacherFailure; AlpacaError BudgetReached before anything is sent that could exceed the budget
 */
export async function askWithinBudget(
  account: Account,
  request: TeacherRequest,
  occurrence: number,
  signal: AbortSignal,
): Promise<LedgerEntry> {
  const { client, ledger, paidBy, told } = account;
  const retrying = untilItPasses(signal, told);
  // A lost asking (sent, and no answer found) may have been paid for; the next one counts as new.
  for (let asking = 0; ; asking += 1) {
    // What failed may have been paid: the reservation stands until it is known.
    const asked = { request, occurrence, asking, paidBy };
    const outcome = await withinBudget(account, asked, () =>
      retrying(() => askOnce(asked, client, ledger, { signal })),
    );
    if ('entry' in outcome) {
      const { entry } = outcome;
      return { ...entry, text: answerText(entry.text, client.profile) };
    }
  }
}

/** An entry's text as it is read. Half of a surrogate pair in it can be neither shown to a judge nor written down. */
export function answerText(text: string, { thinkingMarks }: TeacherProfile): string {
  return withoutThinking(text, thinkingMarks).toWellFormed();
}

/** Reserves the worst case before asking, so that the cap holds whatever comes back. What the ledger has needs no money. */
async function withinBudget(
  { budget, client, ledger }: Account,
  asked: Asking,
  ask: () => Promise<AskingOutcome>,
): Promise<AskingOutcome> {
  const worstCaseUsd = worstCaseOf(asked.request, client);
  const reservation = await budget.reserve(worstCaseUsd);
  if (reservation === null) {
    const [found] = (await foundTogether([asked], ledger)) ?? [];
    if (found && 'entry' in found && !found.sent) return found;
    const who = `Asking ${client.profile.name}`;
    throw budgetReachedError(budget, { who, what: 'one more answer', worstCaseUsd, kept: 'the answers' });
  }
  let paidUsd = worstCaseUsd;
  try {
    const outcome = await ask();
    if (outcome.status === 'unsent') paidUsd = 0;
    else paidUsd = outcome.status === 'lost' ? outcome.worstCaseUsd : outcome.paidUsd;
    return outcome;
  } catch (error) {
    // What may have been paid is booked when the next asking finds it lost.
    paidUsd = 0;
    throw error;
  } finally {
    reservation.settle(paidUsd);
  }
}
