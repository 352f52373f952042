import { promptsOf } from '../../workflows/contracts/generate.ts';
import type {
  AnswerRequestInput,
  AnswerRequestResult,
} from '../../workflows/contracts/generate-activities.ts';
import type { StageAt } from '../../workflows/contracts/run/stages.ts';
import type { Attempt } from '../attempt.ts';
import type { Slots } from '../process/slots.ts';
import { type Asking, type AskingOutcome, askTogether, foundTogether } from '../teacher/ledger/asking.ts';
import type { GenerationRun } from './generation-run.ts';
import { originalRequest } from './prompt/original-request.ts';

/**
 * Gets an outcome into the ledger for every prompt of one request: side by side, or in legacy completions in
 * one API request. Where an intent of this asking is found without an outcome the result is `lost`, and says
 * what to book; the request's other prompts are answered all the same.
 *
 * @param paidBy names this asking of this run, the same for each attempt at it: an answer that an earlier
 *   attempt recorded before it failed is so counted as sent and paid here
 * @param turns bounds how many prompts are asked at a time, in their order; null asks all at once
 * @throws TeacherFailure the first by prompt, after every other prompt has ended and been recorded
 */
export async function answerRequest(
  { request, asking, fromLedgerAlone }: Pick<AnswerRequestInput, 'request' | 'asking' | 'fromLedgerAlone'>,
  run: GenerationRun,
  paidBy: string,
  attempt: Attempt,
  turns: Slots | null = null,
): Promise<AnswerRequestResult> {
  const askings = askingsOf(request, asking, run, paidBy);
  if (fromLedgerAlone) {
    const found = await foundTogether(askings, run.ledger);
    return found === null ? { ...summarize(request, []), status: 'unpaid' } : summarize(request, found);
  }
  const total = askings.length;
  const client = run.client();
  let done = 0;
  const settled = await Promise.allSettled(
    groupsOf(askings, run).map(async (group) => {
      const ask = () => askTogether(group, client, run.ledger, attempt);
      const outcomes = await (turns === null ? ask() : turns.run(attempt.signal, ask));
      done += group.length;
      attempt.report({ done, total, unit: 'prompts' });
      return outcomes;
    }),
  );
  const outcomes = settled.flatMap((group) => {
    if (group.status === 'rejected') throw group.reason;
    return group.value;
  });
  return summarize(request, outcomes);
}

/** How a request, or a range of them, is called in the name of its asking: each stage counts from 0. */
export function asWhat(requests: string | number, { stage }: Pick<StageAt, 'stage'>): string {
  return stage === null ? `${requests}` : `${stage}-${requests}`;
}

function askingsOf(request: number, asking: number, run: GenerationRun, paidBy: string): Asking[] {
  return Array.from({ length: promptsOf(request, run.settings) }, (_, prompt) => ({
    request: originalRequest({ request, prompt }, run),
    occurrence: run.prompts.occurrence(request, prompt),
    asking,
    paidBy,
  }));
}

/** Which prompts share one API request: all of them in legacy completions, as in the recipe; else none. */
function groupsOf(askings: Asking[], { profile }: GenerationRun): Asking[][] {
  const together = profile.style === 'completions' && profile.supportsPromptList;
  return together ? [askings] : askings.map((asked) => [asked]);
}

function summarize(request: number, outcomes: readonly AskingOutcome[]): AnswerRequestResult {
  const result: AnswerRequestResult = {
    request,
    status: 'answered',
    prompts: outcomes.length,
    fromLedger: 0,
    sent: 0,
    lost: 0,
    lostUsd: 0,
    refused: 0,
    promptTokens: 0,
    completionTokens: 0,
    costUsd: 0,
  };
  for (const outcome of outcomes) {
    if (outcome.status === 'lost') {
      result.lost += 1;
      result.lostUsd += outcome.worstCaseUsd;
    }
    if (!('entry' in outcome)) {
      result.status = 'lost';
      continue;
    }
    if (outcome.status === 'refused') result.refused += 1;
    if (!outcome.sent) {
      result.fromLedger += 1;
      continue;
    }
    result.sent += 1;
    result.promptTokens += outcome.entry.usage?.promptTokens ?? 0;
    result.completionTokens += outcome.entry.usage?.completionTokens ?? 0;
    result.costUsd += outcome.paidUsd;
    if (outcome.entry.statedUsage) result.misstated = (result.misstated ?? 0) + 1;
  }
  return result;
}
