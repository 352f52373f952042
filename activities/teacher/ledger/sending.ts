import { hash } from 'node:crypto';
import { TeacherFailure } from '../answer/failures.ts';
import type { TeacherAnswer, TeacherClient, TeacherRequest } from '../client.ts';
import type { RequestInFlight } from '../limits/admission.ts';
import { costUsd, worstCaseUsd } from '../profile/prices.ts';
import { priceOf } from '../profile/profiles.ts';
import { promptText } from '../request-body.ts';
import type { LedgerEntry } from './ledger.ts';

/** One API request on its way, and what its answer is in the ledger's words. */

/** What an answer, or a refusal for good, is recorded as. */
export type RecordedOutcome = Pick<
  LedgerEntry,
  | 'outcome'
  | 'text'
  | 'thinking'
  | 'finishReason'
  | 'usage'
  | 'statedUsage'
  | 'maxTokens'
  | 'costUsd'
  | 'model'
>;

interface Place {
  /** of the ledger */
  key: string;
  request: TeacherRequest;
}

/**
 * Sends askings in one API request; null for one that the answer leaves out.
 *
 * @param places more than one only in the style `completions`, alike in all but the prompt
 * @throws TeacherFailure; ContentRefused only where one of several was refused
 */
export async function send(
  places: readonly Place[],
  client: TeacherClient,
  sending: RequestInFlight,
): Promise<(RecordedOutcome | null)[]> {
  const [first] = places;
  if (first === undefined) return [];
  try {
    const prompts = places.flatMap(({ request }) => (request.style === 'completions' ? [request] : []));
    const asList = prompts.length === places.length && client.profile.supportsPromptList;
    if (!asList && places.length > 1) throw new Error('only prompts of legacy completions share a request');
    const options = { idempotencyKey: idempotencyKeyOf(places), again: sending.again };
    const answers = asList
      ? await client.askList(prompts, options)
      : [await client.ask(first.request, options)];
    sending.ended(tokensOf(answers));
    return places.map(({ request }, index) => {
      const answer = answers[index];
      return answer ? outcomeOf(answer, request, client) : null;
    });
  } catch (error) {
    if (!isContentRefusal(error)) throw error;
    sending.ended(0);
    if (places.length > 1) throw error;
    return [refusalOf(first.request, error)];
  }
}

/** Null where the endpoint does not state what all of them used. */
function tokensOf(answers: readonly (TeacherAnswer | null)[]): number | null {
  let tokens = 0;
  for (const answer of answers) {
    if (!answer?.usage) return null;
    tokens += answer.usage.promptTokens + answer.usage.completionTokens;
  }
  return tokens;
}

/** The endpoint refuses a prompt for what is in it. */
export function isContentRefusal(error: unknown): error is TeacherFailure {
  return error instanceof TeacherFailure && error.code === 'ContentRefused';
}

/** One asking has its ledger key; several together have one of their own. */
function idempotencyKeyOf(places: readonly Place[]): string {
  const keys = places.map(({ key }) => key).join('/');
  return places.length === 1 ? keys : hash('sha256', keys);
}

function outcomeOf(
  { refusal, text, usage, ...answer }: TeacherAnswer,
  request: TeacherRequest,
  client: TeacherClient,
): RecordedOutcome {
  return {
    ...answer,
    outcome: refusal === null ? 'answered' : 'refused',
    text: refusal ?? text,
    usage,
    costUsd: usage ? costUsd(usage, priceOf(client.profile)) : worstCaseOf(request, client),
  };
}

/** A prompt that the endpoint turned away: nothing was answered, and nothing is owed. */
export function refusalOf({ model, maxTokens }: TeacherRequest, refused: TeacherFailure): RecordedOutcome {
  const nothing = { finishReason: 'refused', usage: null, costUsd: 0 };
  return { ...nothing, outcome: 'refused', text: refused.message, model, maxTokens };
}

/** The most dollars that a request can cost. */
export function worstCaseOf(request: TeacherRequest, client: TeacherClient): number {
  return worstCaseUsd(promptText(request), request.maxTokens, priceOf(client.profile));
}
