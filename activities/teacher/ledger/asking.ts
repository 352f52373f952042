import { hash } from 'node:crypto';
import { whileDiskIsFull } from '../../artifacts/while-disk-is-full.ts';
import type { TeacherAnswer, TeacherClient, TeacherRequest } from '../client.ts';
import { TeacherFailure } from '../failures.ts';
import type { RequestInFlight, Waiter } from '../limits/admission.ts';
import { mostTokens } from '../limits/request-size.ts';
import { costUsd, worstCaseUsd } from '../prices.ts';
import { priceOf } from '../profiles.ts';
import { type Intent, type Ledger, type LedgerEntry, ledgerKey } from './ledger.ts';

export interface Asking {
  request: TeacherRequest;
  /** how often the run asked the same before */
  occurrence: number;
  /** how often money was reserved for it, from 0 */
  asking: number;
  /** names this asking of this run, the same for each attempt at it */
  paidBy: string;
}

export type AskingOutcome =
  | {
      status: 'answered' | 'refused';
      entry: LedgerEntry;
      /** sent and paid by this asking, in this attempt or one before; false: the ledger had it */
      sent: boolean;
      /** dollars that this asking paid */
      paidUsd: number;
    }
  | { status: 'lost'; worstCaseUsd: number };

/**
 * Asks a teacher so that no answer is paid for twice: looks in the ledger, else declares an intent, sends,
 * and records the outcome before anything else happens to it. An intent of this asking without an outcome
 * means that an attempt died after sending: nothing is sent, and the asking is `lost`. A refusal is an
 * outcome for good; every other failure is thrown and leaves no outcome. Intents of earlier askings were
 * booked then, and are passed over.
 *
 * @throws TeacherFailure; where it says `mayBePaid`, the next attempt at this asking finds it lost
 */
export async function askOnce(
  asked: Asking,
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
): Promise<AskingOutcome> {
  const [outcome] = await askTogether([asked], client, ledger, waiter);
  if (outcome === undefined) throw new Error('one asking has one outcome');
  return outcome;
}

/**
 * The same for askings that share one API request, as the prompts of a legacy completion do: each has its
 * own intent and its own outcome, and only those that the ledger lacks are sent. One that the answer leaves
 * out is `lost`, with nothing to book where the endpoint stated what the whole cost: that is then divided
 * among the others.
 *
 * @param askings more than one only in the style `completions`, alike in all but the prompt
 */
export async function askTogether(
  askings: readonly Asking[],
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
): Promise<AskingOutcome[]> {
  const places = askings.map((asked) => ({ ...asked, key: ledgerKey(asked.request, asked.occurrence) }));
  const found = await Promise.all(places.map((asked) => lookUp(asked, ledger)));
  const missing = places.filter((_, index) => found[index] === null);
  const answered = missing.length === 0 ? [] : await inTurn(missing, client, ledger, waiter);
  return places.map(
    (asked, index) => found[index] ?? answered[missing.indexOf(asked)] ?? { status: 'lost', worstCaseUsd: 0 },
  );
}

interface KeyedAsking extends Asking {
  key: string;
}

/** What is known of an asking before anything is sent; null where it is to be sent. */
async function lookUp({ key, asking, paidBy }: KeyedAsking, ledger: Ledger): Promise<AskingOutcome | null> {
  const known = await ledger.read(key);
  if (known) {
    const sent = known.paidBy === paidBy;
    return { status: known.outcome, entry: known, sent, paidUsd: sent ? known.costUsd : 0 };
  }
  const left = await ledger.openIntent(key, asking);
  return left && { status: 'lost', worstCaseUsd: left.worstCaseUsd };
}

/** One asking goes ahead until the teacher is known to answer; then as many as its limits allow. */
function inTurn(
  places: readonly KeyedAsking[],
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
): Promise<AskingOutcome[]> {
  return client.proving.run(waiter.signal, async () => {
    const outcomes = await admitted(places, client, ledger, waiter);
    // One of a list was refused, and nobody says which: each is asked by itself.
    return outcomes ?? eachByItself(places, client, ledger, waiter);
  });
}

/** Waits for admission before an intent is declared; null where one of several was refused. */
function admitted(
  places: readonly KeyedAsking[],
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
): Promise<AskingOutcome[] | null> {
  const size = mostTokens(...places.map(({ request }) => request));
  return client.admission.run(size, waiter, (sending) =>
    sendAndRecord(places, client, ledger, waiter.signal, sending),
  );
}

async function sendAndRecord(
  places: readonly KeyedAsking[],
  client: TeacherClient,
  ledger: Ledger,
  signal: AbortSignal,
  sending: RequestInFlight,
): Promise<AskingOutcome[] | null> {
  signal.throwIfAborted();
  const time = new Date().toISOString();
  const declared = await Promise.all(places.map((place) => declare(place, client, ledger, time)));
  const ours = declared.filter(({ first }) => first);
  const answers = await send(ours, client, signal, sending).catch(async (error) => {
    if (error instanceof TeacherFailure && !error.mayBePaid) await closeIntents(ours, ledger, error);
    if (isContentRefusal(error)) return null;
    throw error;
  });
  if (answers === null) return null;
  // Where the endpoint stated what it cost, a prompt that it left out is paid with the others.
  const stated = answers.some((answer) => answer?.usage);
  const outcomes = await Promise.all(
    ours.map((place, index) => settle(place, answers[index] ?? null, stated, ledger, signal)),
  );
  return declared.map(
    (place) => outcomes[ours.indexOf(place)] ?? { status: 'lost', worstCaseUsd: place.intent.worstCaseUsd },
  );
}

/** @throws the first failure, after every other asking has ended and been recorded */
async function eachByItself(
  places: readonly KeyedAsking[],
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
): Promise<AskingOutcome[]> {
  const settled = await Promise.allSettled(places.map((place) => admitted([place], client, ledger, waiter)));
  return settled.flatMap((asked) => {
    if (asked.status === 'rejected') throw asked.reason;
    return asked.value ?? [];
  });
}

async function closeIntents(places: readonly Declared[], ledger: Ledger, why: TeacherFailure): Promise<void> {
  const reason = `${why.code}: ${why.message}`;
  await Promise.all(places.map(({ key, asking, intent }) => ledger.closeIntent(key, asking, intent, reason)));
}

interface Declared extends KeyedAsking {
  intent: Intent;
  /** false where another attempt at this asking came in between: it is the one that sends */
  first: boolean;
}

async function declare(
  place: KeyedAsking,
  client: TeacherClient,
  ledger: Ledger,
  time: string,
): Promise<Declared> {
  const { request, key, asking, paidBy } = place;
  const intent = { profile: client.profile.name, paidBy, time, worstCaseUsd: worstCaseOf(request, client) };
  return { ...place, intent, first: await ledger.declareIntent(key, asking, intent) };
}

async function settle(
  { key, occurrence, request, intent }: Declared,
  answer: RecordedOutcome | null,
  usageStated: boolean,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<AskingOutcome> {
  if (answer === null) return { status: 'lost', worstCaseUsd: usageStated ? 0 : intent.worstCaseUsd };
  const { worstCaseUsd: _, ...about } = intent;
  const entry: LedgerEntry = { key, occurrence, request: { ...request }, ...answer, ...about };
  const first = await whileDiskIsFull(() => ledger.record(entry), signal);
  const kept = first ? entry : ((await ledger.read(key)) ?? entry);
  return { status: kept.outcome, entry: kept, sent: true, paidUsd: entry.costUsd };
}

export type RecordedOutcome = Pick<
  LedgerEntry,
  'outcome' | 'text' | 'finishReason' | 'usage' | 'maxTokens' | 'costUsd' | 'model'
>;

/** Sends the askings in one API request; null for one that the answer leaves out. */
async function send(
  places: readonly KeyedAsking[],
  client: TeacherClient,
  signal: AbortSignal,
  sending: RequestInFlight,
): Promise<(RecordedOutcome | null)[]> {
  const [first] = places;
  if (first === undefined) return [];
  try {
    const prompts = places.flatMap(({ request }) => (request.style === 'completions' ? [request] : []));
    const asList = prompts.length === places.length && client.profile.supportsPromptList;
    if (!asList && places.length > 1) throw new Error('only prompts of legacy completions share a request');
    const options = { signal, idempotencyKey: idempotencyKeyOf(places), again: sending.again };
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

function isContentRefusal(error: unknown): error is TeacherFailure {
  return error instanceof TeacherFailure && error.code === 'ContentRefused';
}

/** One asking has its ledger key; several together have one of their own. */
function idempotencyKeyOf(places: readonly KeyedAsking[]): string {
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
  const text =
    request.style === 'chat' ? request.messages.map(({ content }) => content).join('\n') : request.prompt;
  return worstCaseUsd(text, request.maxTokens, priceOf(client.profile));
}
