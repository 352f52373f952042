import { setTimeout as delay } from 'node:timers/promises';
import { AlpacaError } from '../errors.ts';
import type { TeacherClient, TeacherRequest } from '../teacher/client.ts';
import { TeacherFailure } from '../teacher/failures.ts';
import { costUsd, worstCaseUsd } from '../teacher/prices.ts';
import { priceOf } from '../teacher/profiles.ts';
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
  signal: AbortSignal,
): Promise<AskingOutcome> {
  const { request, occurrence, asking, paidBy } = asked;
  const key = ledgerKey(request, occurrence);
  const known = await ledger.read(key);
  if (known) {
    const sent = known.paidBy === paidBy;
    return { status: known.outcome, entry: known, sent, paidUsd: sent ? known.costUsd : 0 };
  }
  const left = await ledger.openIntent(key, asking);
  if (left) return { status: 'lost', worstCaseUsd: left.worstCaseUsd };
  const send = () => sendAndRecord(key, asked, client, ledger, signal);
  return client.slots === null ? send() : client.slots.run(signal, send);
}

async function sendAndRecord(
  key: string,
  { request, occurrence, asking, paidBy }: Asking,
  client: TeacherClient,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<AskingOutcome> {
  signal.throwIfAborted();
  const about = { profile: client.profile.name, paidBy, time: new Date().toISOString() };
  const intent: Intent = { ...about, worstCaseUsd: worstCaseOf(request, client) };
  // Where another attempt at this asking came in between, it is the one that sends.
  if (!(await ledger.declareIntent(key, asking, intent)))
    return { status: 'lost', worstCaseUsd: intent.worstCaseUsd };
  const answer = await send(request, client, signal, key).catch(async (error) => {
    if (error instanceof TeacherFailure && !error.mayBePaid)
      await ledger.closeIntent(key, asking, intent, `${error.code}: ${error.message}`);
    throw error;
  });
  const entry: LedgerEntry = { key, occurrence, request: { ...request }, ...answer, ...about };
  const first = await recordPatiently(entry, ledger, signal);
  const kept = first ? entry : ((await ledger.read(key)) ?? entry);
  return { status: kept.outcome, entry: kept, sent: true, paidUsd: entry.costUsd };
}

/** Between two tries to write an answer down on a full disk, in milliseconds. */
const DISK_FULL_WAIT_MS = 1000;

/** The answer is paid for: as long as the attempt lives it waits for room on the disk. */
async function recordPatiently(entry: LedgerEntry, ledger: Ledger, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    try {
      return await ledger.record(entry);
    } catch (error) {
      if (!(error instanceof AlpacaError) || error.code !== 'StorageFull') throw error;
      await delay(DISK_FULL_WAIT_MS, undefined, { signal });
    }
  }
}

type Outcome = Pick<
  LedgerEntry,
  'outcome' | 'text' | 'finishReason' | 'usage' | 'maxTokens' | 'costUsd' | 'model'
>;

async function send(
  request: TeacherRequest,
  client: TeacherClient,
  signal: AbortSignal,
  key: string,
): Promise<Outcome> {
  try {
    const { refusal, text, usage, ...answer } = await client.ask(request, { signal, idempotencyKey: key });
    const cost = usage ? costUsd(usage, priceOf(client.profile)) : worstCaseOf(request, client);
    return {
      ...answer,
      outcome: refusal === null ? 'answered' : 'refused',
      text: refusal ?? text,
      usage,
      costUsd: cost,
    };
  } catch (error) {
    if (!(error instanceof TeacherFailure) || error.code !== 'ContentRefused') throw error;
    const { model, maxTokens } = request;
    return {
      outcome: 'refused',
      text: error.message,
      finishReason: 'refused',
      usage: null,
      maxTokens,
      costUsd: 0,
      model,
    };
  }
}

/** The most dollars that a request can cost. */
export function worstCaseOf(request: TeacherRequest, client: TeacherClient): number {
  const text =
    request.style === 'chat' ? request.messages.map(({ content }) => content).join('\n') : request.prompt;
  return worstCaseUsd(text, request.maxTokens, priceOf(client.profile));
}
