import { untilStored } from '../../artifacts/until-stored.ts';
import type { TeacherClient, TeacherRequest } from '../client.ts';
import { TeacherFailure } from '../failures.ts';
import type { RequestInFlight, Waiter } from '../limits/admission.ts';
import { mostTokens } from '../limits/request-size.ts';
import { type Intent, type Ledger, type LedgerEntry, ledgerKey } from './ledger.ts';
import { isContentRefusal, type RecordedOutcome, send, worstCaseOf } from './sending.ts';

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
 * and records the outcome before anything else happens to it. An intent of this asking without an outcome is
 * waited for as long as whoever sent it waits; then it means that an attempt died after sending: nothing is
 * sent, and the asking is `lost`. A refusal is an outcome for good; every other failure is thrown and leaves no
 * outcome. Intents of earlier askings were booked then, and are passed over.
 *
 * The waiter's signal is obeyed until an intent is declared. What is sent is paid for: it is waited for and
 * recorded, whoever has stopped waiting for the result.
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
  const found = await Promise.all(places.map((asked) => lookUp(asked, ledger, waiter.signal)));
  const missing = places.filter((_, index) => found[index] === null);
  const answered = missing.length === 0 ? [] : await inTurn(missing, client, ledger, waiter);
  return places.map(
    (asked, index) => found[index] ?? answered[missing.indexOf(asked)] ?? { status: 'lost', worstCaseUsd: 0 },
  );
}

interface KeyedAsking extends Asking {
  key: string;
}

/** What the ledger has of askings that nothing is to be paid for; null where it lacks one. */
export async function foundTogether(
  askings: readonly Asking[],
  ledger: Ledger,
): Promise<AskingOutcome[] | null> {
  const found = await Promise.all(
    askings.map((asked) => recorded({ ...asked, key: ledgerKey(asked.request, asked.occurrence) }, ledger)),
  );
  return found.every((outcome) => outcome !== null) ? found : null;
}

async function recorded({ key, paidBy }: KeyedAsking, ledger: Ledger): Promise<AskingOutcome | null> {
  const known = await ledger.read(key);
  if (known === null) return null;
  const sent = known.paidBy === paidBy;
  return { status: known.outcome, entry: known, sent, paidUsd: sent ? known.costUsd : 0 };
}

/** What is known of an asking before anything is sent; null where it is to be sent. */
async function lookUp(
  asked: KeyedAsking,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<AskingOutcome | null> {
  const { key, asking } = asked;
  const known = await recorded(asked, ledger);
  if (known) return known;
  const open = await ledger.openIntent(key, asking);
  if (open === null) return null;
  if (open.sender !== undefined)
    await ledger.onTheWay.untilEnded(open.sender, nameOf(key, asking, ledger), signal);
  const answered = await recorded(asked, ledger);
  if (answered) return answered;
  const left = await ledger.openIntent(key, asking);
  return left && { status: 'lost', worstCaseUsd: left.worstCaseUsd };
}

/** What an asking is called while it is on its way. */
function nameOf(key: string, asking: number, ledger: Ledger): string {
  return `${ledger.name}/${key}/${asking}`;
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
  const ended = await ledger.onTheWay.begin(places.map(({ key, asking }) => nameOf(key, asking, ledger)));
  let declared: Declared[];
  let outcomes: AskingOutcome[] | null;
  try {
    const time = new Date().toISOString();
    declared = await Promise.all(places.map((place) => declare(place, client, ledger, time)));
    outcomes = await sendDeclared(declared.filter(isFirst), client, ledger, sending);
  } finally {
    ended();
  }
  if (outcomes === null) return null;
  const ours = outcomes.values();
  return Promise.all(
    declared.map(
      (place) => (place.first ? ours.next().value : undefined) ?? elsewhere(place, ledger, signal),
    ),
  );
}

/** Null where one of several was refused. */
async function sendDeclared(
  ours: readonly Declared[],
  client: TeacherClient,
  ledger: Ledger,
  sending: RequestInFlight,
): Promise<AskingOutcome[] | null> {
  // Between a refusal and the next sending nothing is owed: a stop there is a definite end.
  let owed = true;
  const careful = {
    ...sending,
    again: async () => {
      owed = false;
      await sending.again();
      owed = true;
    },
  };
  const answers = await send(ours, client, careful).catch(async (error) => {
    const refused = error instanceof TeacherFailure && !error.mayBePaid;
    if (refused || !owed) await closeIntents(ours, ledger, error);
    if (isContentRefusal(error)) return null;
    throw error;
  });
  if (answers === null) return null;
  // Where the endpoint stated what it cost, a prompt that it left out is paid with the others.
  const stated = answers.some((answer) => answer?.usage);
  return Promise.all(ours.map((place, index) => settle(place, answers[index] ?? null, stated, ledger)));
}

/** Another attempt, or another run, declared it in between: its answer is this one's too. */
async function elsewhere(place: Declared, ledger: Ledger, signal: AbortSignal): Promise<AskingOutcome> {
  const found = await lookUp(place, ledger, signal);
  return found ?? { status: 'lost', worstCaseUsd: 0 };
}

function isFirst({ first }: Declared): boolean {
  return first;
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

async function closeIntents(places: readonly Declared[], ledger: Ledger, why: unknown): Promise<void> {
  const reason = why instanceof TeacherFailure ? `${why.code}: ${why.message}` : `stopped: ${String(why)}`;
  await Promise.all(
    places.map(({ key, asking, intent }) =>
      untilStored(() => ledger.closeIntent(key, asking, intent, reason)),
    ),
  );
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
  const { sender } = ledger.onTheWay;
  const worstCaseUsd = worstCaseOf(request, client);
  const intent = { profile: client.profile.name, paidBy, time, sender, worstCaseUsd };
  return { ...place, intent, first: await ledger.declareIntent(key, asking, intent) };
}

async function settle(
  { key, occurrence, request, intent }: Declared,
  answer: RecordedOutcome | null,
  usageStated: boolean,
  ledger: Ledger,
): Promise<AskingOutcome> {
  if (answer === null) return { status: 'lost', worstCaseUsd: usageStated ? 0 : intent.worstCaseUsd };
  const { worstCaseUsd: _, sender: __, ...about } = intent;
  const entry: LedgerEntry = { key, occurrence, request: { ...request }, ...answer, ...about };
  const first = await untilStored(() => ledger.record(entry));
  const kept = first ? entry : ((await ledger.read(key)) ?? entry);
  return { status: kept.outcome, entry: kept, sent: true, paidUsd: entry.costUsd };
}
