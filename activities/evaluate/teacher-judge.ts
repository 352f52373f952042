import { setTimeout as delay } from 'node:timers/promises';
import { AlpacaError } from '../errors.ts';
import { type AskingOutcome, askOnce, worstCaseOf } from '../generate/asking.ts';
import type { Budget } from '../generate/budget.ts';
import type { Ledger } from '../generate/ledger.ts';
import type { TeacherClient, TeacherRequest } from '../teacher/client.ts';
import { TeacherFailure } from '../teacher/failures.ts';
import { isFree } from '../teacher/prices.ts';
import { priceOf, type TeacherProfile } from '../teacher/profiles.ts';
import type { Judge } from './judge.ts';
import type { ChatMessage } from './judge-prompt.ts';

/** Tokens for the verdict: the JSON object, and a sentence around it from judges that add one. */
const VERDICT_TOKENS = 64;

/** Failures in a row of one request that may pass by themselves, before the step is failed. */
const TRIES = 8;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 20_000;

/**
 * A teacher profile as a judge. Its verdicts are kept in the response ledger, so that none is paid for
 * twice: not by a retry, and not by another evaluation of the same answers. `paidBy` names the evaluation.
 */
export function createTeacherJudge(
  client: TeacherClient,
  ledger: Ledger,
  paidBy: string,
  budget: Budget | null,
): Judge {
  const { profile } = client;
  if (budget === null && !isFree(priceOf(profile))) {
    throw new AlpacaError(
      'Configuration',
      `The judge "${profile.name}" costs money, and the evaluation has no budget.`,
      {
        remedy: 'Set budgetUsd, the most that the run may spend.',
      },
    );
  }
  return {
    name: client.profile.name,
    async prefer(messages, occurrence, signal) {
      const request = requestFor(client.profile, messages);
      let waitMs = FIRST_WAIT_MS;
      // A lost asking (sent, and no answer found) may have been paid for; the next one counts as new.
      for (let asking = 0, failures = 0; ; ) {
        try {
          const outcome = await withinBudget(budget, request, client, () =>
            askOnce({ request, occurrence, asking, paidBy }, client, ledger, { signal }),
          );
          if (outcome.status === 'lost') asking += 1;
          else return outcome.status === 'answered' ? outcome.entry.text : '';
        } catch (error) {
          if (!(error instanceof TeacherFailure) || error.code !== 'RateLimited') failures += 1;
          if (!(error instanceof TeacherFailure) || !error.retryable || failures === TRIES) throw error;
          await delay(Math.min(error.retryAfterMs ?? waitMs, LONGEST_WAIT_MS), undefined, { signal });
          waitMs *= 2;
        }
      }
    },
  };
}

/** Reserves the worst case before asking, so that the cap holds whatever comes back. */
async function withinBudget(
  budget: Budget | null,
  request: TeacherRequest,
  client: TeacherClient,
  ask: () => Promise<AskingOutcome>,
): Promise<AskingOutcome> {
  if (budget === null) return ask();
  const worstCase = worstCaseOf(request, client);
  if (!(await budget.reserve(worstCase))) {
    throw new AlpacaError(
      'BudgetReached',
      `The budget is reached: judging spent $${budget.spentUsd.toFixed(4)}, and one more verdict can cost $${worstCase.toFixed(4)}.`,
      { remedy: 'Raise budgetUsd and go on: the verdicts so far are kept.' },
    );
  }
  let paidUsd = worstCase;
  try {
    const outcome = await ask();
    paidUsd = outcome.status === 'lost' ? outcome.worstCaseUsd : outcome.paidUsd;
    return outcome;
  } catch (error) {
    // What may have been paid is booked when the next asking finds it lost.
    paidUsd = 0;
    throw error;
  } finally {
    budget.settle(worstCase, paidUsd);
  }
}

function requestFor(profile: TeacherProfile, messages: ChatMessage[]): TeacherRequest {
  const sampling = { model: profile.model, temperature: 0, topP: 1, maxTokens: VERDICT_TOKENS, stop: [] };
  if (profile.style === 'chat') return { style: 'chat', ...sampling, messages };
  const prompt = `${messages.map(({ content }) => content).join('\n\n')}\n`;
  return { style: 'completions', ...sampling, prompt, logitBias: {} };
}
