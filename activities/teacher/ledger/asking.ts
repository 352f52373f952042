import { untilStored } from '../../artifacts/until-stored.ts';
import { TeacherFailure } from '../answer/failures.ts';
import type { TeacherClient, TeacherRequest } from '../client.ts';
import type { RequestInFlight, Waiter } from '../limits/admission.ts';
import { mostTokens } from '../limits/request-size.ts';
import {
  freePlace,
  type Intent,
  type IntentRecord,
  isOpen,
  type Ledger,
  type LedgerEntry,
  ledgerKey,
} from './ledger.ts';
import { isContentRefusal, type RecordedOutcome, send, worstCaseOf } from './sending.ts';
import { nameOnTheWay, untilSent } from './sent-elsewhere.ts';

export interface Asking {
  request: TeacherRequest;
  /** how often the run asked the same before */
  occurrence: number;
  /** how often money was reserved for it, from 0 */
  asking: number;
  /** names this asking of this run, the same for each attempt at it */
  paidBy: string;
}

interface FoundOutcome {
  status: 'answered' | 'refused';
  entry: LedgerEntry;
  /** sent and paid by this asking, in this attempt or one before; false: the ledger had it */
  sent: boolean;
  /** dollars that this asking paid */
  paidUsd: number;
}

export type AskingOutcome = FoundOutcome | { status: 'lost'; worstCaseUsd: number } | { status: 'unsent' };

/**
 * Asks a teacher so that no answer is paid for twice: looks in the ledger, else declares an intent, sends,
 * and records the outcome before anything else happens to it. An intent of this asking without an outcome is
 * waited for as long as whoever sent it waits; then it means that an attempt died after sending: nothing is
 * sent, and the asking is `lost`. A refusal is an outcome for good; every other failure is thrown and leaves no
 * outcome. Intents of earlier askings were booked then, and those of other runs are theirs to book.
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
 * out is `lost`, with nothing to book where the endpoint stated what the whole cost: the others share it.
 *
 * @param askings more than one only in the style `completions`, alike in all but the prompt
 */
export async function askTogether(
  askings: readonly Asking[],
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
): Promise<AskingOutcome[]> {
  const { isDear } = client.proving;
  const places = askings.map((asked) => ({ ...asked, key: ledgerKey(asked.request, asked.occurrence) }));
  const outcomes: (AskingOutcome | null)[] = places.map(() => null);
  while (outcomes.includes(null)) {
    const missing: MissingAsking[] = [];
    const looking = places.map(async (asked, index) => {
      if (outcomes[index] !== null) return;
      const found = await lookUp(asked, ledger, waiter.signal);
      if ('status' in found) outcomes[index] = found;
      else missing.push({ ...asked, ...found, index });
    });
    await Promise.all(looking);
    missing.sort((one, other) => one.index - other.index);
    const answered = missing.length === 0 ? [] : await inTurn(missing, client, ledger, waiter, isDear);
    for (const [at, { index }] of missing.entries()) outcomes[index] = answered[at] ?? null;
  }
  return outcomes.filter((outcome) => outcome !== null);
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

async function recorded({ key, paidBy }: KeyedAsking, ledger: Ledger): Promise<FoundOutcome | null> {
  const known = await ledger.read(key);
  if (known === null) return null;
  const sent = known.paidBy === paidBy;
  return { status: known.outcome, entry: known, sent, paidUsd: sent ? known.costUsd : 0 };
}

/** An asking that is to be sent. */
interface MissingAsking extends KeyedAsking {
  /** its place among the askings */
  index: number;
  /** where its intent goes, behind what others, or earlier askings, left open when they died */
  place: number;
}

/**
 * What is known of an asking before anything is sent. Whoever has the same on its way is waited for: its answer is
 * this asking's too. An intent that it leaves open is this asking's to book if it declared it, and else another's; so
 * a run that is reset books again what it had booked, asking by asking.
 */
async function lookUp(
  asked: KeyedAsking,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<AskingOutcome | Pick<MissingAsking, 'place'>> {
  const { key, paidBy } = asked;
  const [known, before] = await Promise.all([recorded(asked, ledger), ledger.intents(key)]);
  if (known?.sent) return known;
  if (!before.some(isOpen)) return known ?? { place: freePlace(before, paidBy) };
  if (known && !before.some((intent) => isLostBy(asked, intent))) return known;
  await untilSent(key, before, ledger, signal);
  const answered = await recorded(asked, ledger);
  if (answered?.sent) return answered;
  const left = await ledger.intents(key);
  const own = left.find((intent) => isLostBy(asked, intent));
  if (own) return { status: 'lost', worstCaseUsd: own.worstCaseUsd };
  return answered ?? { place: freePlace(left, paidBy) };
}

/** An intent that this asking left open: it may have been paid for, whoever has answered since. */
function isLostBy({ asking, paidBy }: Asking, intent: IntentRecord): boolean {
  return isOpen(intent) && intent.paidBy === paidBy && intent.asking === asking;
}

/** One asking goes ahead until the teacher is known to answer; then as many as its limits allow. */
function inTurn(
  places: readonly MissingAsking[],
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
  knewDear: boolean,
): Promise<(AskingOutcome | null)[]> {
  return client.proving.run(waiter.signal, async () => {
    // What is reserved did not know yet what answers cost: nothing is sent, and it is asked again.
    if (client.proving.isDear && !knewDear) return places.map(() => ({ status: 'unsent' }));
    const asking = admitted(places, client, ledger, waiter);
    const outcomes = await asking.catch((error) => client.proving.hearFailure(error, client.profile));
    // One of a list was refused, and nobody says which: each is asked by itself.
    const answered = outcomes ?? (await eachByItself(places, client, ledger, waiter));
    for (const [at, { request }] of places.entries()) {
      const outcome = answered[at];
      if (outcome?.status === 'answered')
        client.proving.hear(outcome.entry, client.profile, worstCaseOf(request, client));
    }
    return answered;
  });
}

/**
 * Waits for admission before an intent is declared; null where one of several was refused, and for one that another
 * declared in between: it is looked up again.
 */
function admitted(
  places: readonly MissingAsking[],
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
): Promise<(AskingOutcome | null)[] | null> {
  const size = mostTokens(...places.map(({ request }) => request));
  return client.admission.run(size, waiter, (sending) =>
    sendAndRecord(places, client, ledger, waiter.signal, sending),
  );
}

async function sendAndRecord(
  places: readonly MissingAsking[],
  client: TeacherClient,
  ledger: Ledger,
  signal: AbortSignal,
  sending: RequestInFlight,
): Promise<(AskingOutcome | null)[] | null> {
  signal.throwIfAborted();
  const ended = await ledger.onTheWay.begin(places.map(({ key }) => nameOnTheWay(key, ledger)));
  let declared: Declared[];
  let outcomes: AskingOutcome[] | null;
  try {
    const time = new Date().toISOString();
    declared = await Promise.all(places.map((place) => declare(place, client, ledger, time)));
    const sent = declared.filter(({ first }) => first);
    outcomes = await sendDeclared(sent, client, ledger, sending);
  } finally {
    ended();
  }
  if (outcomes === null) return null;
  const ours = outcomes.values();
  return declared.map(({ first }) => (first ? (ours.next().value ?? null) : null));
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

/** @throws the first failure, after every other asking has ended and been recorded */
async function eachByItself(
  places: readonly MissingAsking[],
  client: TeacherClient,
  ledger: Ledger,
  waiter: Waiter,
): Promise<(AskingOutcome | null)[]> {
  const settled = await Promise.allSettled(places.map((place) => admitted([place], client, ledger, waiter)));
  return settled.map((asked) => {
    if (asked.status === 'rejected') throw asked.reason;
    return asked.value?.[0] ?? null;
  });
}

async function closeIntents(places: readonly Declared[], ledger: Ledger, why: unknown): Promise<void> {
  const reason = why instanceof TeacherFailure ? `${why.code}: ${why.message}` : `stopped: ${String(why)}`;
  await Promise.all(
    places.map(({ key, place, intent }) => untilStored(() => ledger.closeIntent(key, place, intent, reason))),
  );
}

interface Declared extends MissingAsking {
  intent: Intent;
  /** false where another attempt, or another run, came in between: it is the one that sends */
  first: boolean;
}

async function declare(
  missing: MissingAsking,
  client: TeacherClient,
  ledger: Ledger,
  time: string,
): Promise<Declared> {
  const { request, key, asking, paidBy, place } = missing;
  const { sender } = ledger.onTheWay;
  const worstCaseUsd = worstCaseOf(request, client);
  const intent = { profile: client.profile.name, paidBy, asking, time, sender, worstCaseUsd };
  return { ...missing, intent, first: await ledger.declareIntent(key, place, intent) };
}

async function settle(
  { key, occurrence, request, intent }: Declared,
  answer: RecordedOutcome | null,
  usageStated: boolean,
  ledger: Ledger,
): Promise<AskingOutcome> {
  if (answer === null) return { status: 'lost', worstCaseUsd: usageStated ? 0 : intent.worstCaseUsd };
  const { worstCaseUsd: _, sender: __, asking: ___, ...about } = intent;
  const entry: LedgerEntry = { key, occurrence, request: { ...request }, ...answer, ...about };
  const first = await untilStored(() => ledger.record(entry));
  const kept = first ? entry : ((await ledger.read(key)) ?? entry);
  return { status: kept.outcome, entry: kept, sent: true, paidUsd: entry.costUsd };
}
