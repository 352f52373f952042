import type { SubmitBatchResult } from '../../../workflows/contracts/generate-activities.ts';
import { untilStored } from '../../artifacts/until-stored.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { freePlace, type Intent, type IntentRecord, isOpen } from '../../teacher/ledger/ledger.ts';
import { worstCaseOf } from '../../teacher/ledger/sending.ts';
import { untilSent } from '../../teacher/ledger/sent-elsewhere.ts';
import type { GenerationRun } from '../generation-run.ts';
import { originalRequest } from '../prompt/original-request.ts';
import type { BatchEndpoint, ProviderJob } from './endpoint.ts';
import { findJob } from './find-job.ts';
import { isOfRun, JOB_FIELD, type JobMetadata, jobEndpoint, jobLine, jobMetadata } from './job.ts';
import { isNewestEmpty, latestAnswers } from './latest-answers.ts';
import { forEachPlace, type PromptPlace, placesOf, type Range } from './places.ts';

/**
 * How long after declaring its intents another run's submission may still create its job, in milliseconds:
 * as long as an attempt at it may take (`workflows/activity-bounds.ts`).
 */
export const SUBMISSION_MS = 900_000;

const NOTHING: SubmitBatchResult = { batch: null, prompts: 0, worstCaseUsd: 0, lost: 0, lostUsd: 0 };

/**
 * Finds or creates the job that asks what the ledger lacks of a range. Intents are declared first, and name
 * the job; its file is noted before it is created and its id once it is, and the job carries the name in its
 * metadata. So an attempt that died after creating finds its job, and so does a later run over the same ledger: it
 * waits for that job in place of asking again.
 *
 * @param paidBy names this asking of this run, the same for each attempt at it
 * @throws TeacherFailure; AlpacaError TeacherUnavailable while another run may be creating the job
 */
export async function submitBatch(
  range: Range,
  run: GenerationRun,
  paidBy: string,
  attempt: Attempt,
): Promise<SubmitBatchResult> {
  const endpoint = run.batchEndpoint();
  const metadata = jobMetadata(run.ledger.name, paidBy);
  const asked = await readStandings(range, run, paidBy, attempt);
  const lost = asked.flatMap(({ lostIntent }) => lostIntent ?? []);
  if (lost.length > 0)
    return {
      ...NOTHING,
      lost: lost.length,
      lostUsd: lost.reduce((sum, intent) => sum + intent.worstCaseUsd, 0),
    };

  const others = Map.groupBy(
    asked.filter(({ open }) => open !== null && open.batch.job !== metadata[JOB_FIELD]),
    ({ open }) => open?.batch.job ?? '',
  );
  for (const [name, standings] of others) {
    const found = await findOthersJob(name, standings, run);
    if (found) {
      const ours = standings.flatMap(({ open }) => (open && isOfRun(open.paidBy, paidBy) ? open : []));
      return {
        ...NOTHING,
        batch: found.id,
        prompts: standings.length,
        worstCaseUsd: ours.reduce((sum, intent) => sum + intent.worstCaseUsd, 0),
      };
    }
    await closeAll(standings, run, attempt, 'The provider has no such job: it was never created.');
    for (const standing of standings) {
      standing.slot = standing.open?.slot ?? standing.slot;
      standing.open = null;
    }
  }
  return asked.length === 0 ? NOTHING : submitOwn(range, asked, metadata, paidBy, run, endpoint, attempt);
}

interface OpenIntent extends Intent {
  batch: NonNullable<Intent['batch']>;
  /** the asking that it is recorded under */
  slot: number;
}

/** How a prompt without an outcome stands. */
interface PromptStanding {
  place: PromptPlace;
  /** an intent that names a job */
  open: OpenIntent | null;
  /** an intent of this asking that names none: a single request that may have been answered */
  lostIntent: Intent | null;
  /** the asking under which its next intent is recorded */
  slot: number;
  maxTokens: number;
}

async function readStandings(
  range: Range,
  run: GenerationRun,
  paidBy: string,
  attempt: Attempt,
): Promise<PromptStanding[]> {
  const { signal } = attempt;
  const { ledger } = run;
  const standings = await forEachPlace(placesOf(range, run), signal, async (place) => {
    if (await ledger.read(place.key)) return null;
    let intents = await ledger.intents(place.key);
    if (intents.some(({ sender, closed }) => sender !== undefined && closed === undefined)) {
      await untilSent(place.key, intents, ledger, signal);
      if (await ledger.read(place.key)) return null;
      intents = await ledger.intents(place.key);
    }
    return standingOf(
      place,
      intents,
      { asking: range.asking, paidBy },
      originalRequest(place, run).maxTokens,
    );
  });
  return standings.filter((standing) => standing !== null);
}

/** @param maxTokens the original token limit: what is lowered where the provider said that it is too long */
function standingOf(
  place: PromptPlace,
  intents: readonly IntentRecord[],
  { asking, paidBy }: { asking: number; paidBy: string },
  maxTokens: number,
): PromptStanding {
  let open: OpenIntent | null = null;
  let limit = maxTokens;
  for (const [slot, intent] of intents.entries()) {
    if (intent.batch === undefined) continue;
    const { batch } = intent;
    if (isOpen(intent)) open = { ...intent, batch, slot };
    limit = Math.min(limit, batch.nextMaxTokens ?? batch.maxTokens);
  }
  // What another run sent and lost is its own to book.
  const lostIntent = intents.find(
    (intent) => isOpen(intent) && intent.asking === asking && isOfRun(intent.paidBy, paidBy),
  );
  const slot = freePlace(intents, paidBy);
  return { place, open, lostIntent: lostIntent ?? null, slot, maxTokens: limit };
}

/** A job of another run, or of other requests of this one; null where it was never created, which only time can tell. */
async function findOthersJob(
  name: string,
  standings: readonly PromptStanding[],
  run: GenerationRun,
): Promise<ProviderJob | null> {
  const times = standings.map(({ open }) => Date.parse(open?.time ?? ''));
  const found = await findJob(name, Math.min(...times), run);
  const wait = Math.max(...times) + SUBMISSION_MS - Date.now();
  if (found || wait <= 0) return found;
  const [first] = standings;
  throw new AlpacaError(
    'TeacherUnavailable',
    `${first?.open?.paidBy} may be submitting ${standings.length} of these prompts as the job ${name}, which the teacher does not have yet.`,
    { remedy: 'They are looked for again when that attempt is certainly over.', retryAfterMs: wait },
  );
}

async function submitOwn(
  range: Range,
  asked: readonly PromptStanding[],
  metadata: JobMetadata,
  paidBy: string,
  run: GenerationRun,
  endpoint: BatchEndpoint,
  attempt: Attempt,
): Promise<SubmitBatchResult> {
  const name = metadata[JOB_FIELD];
  const times = asked.flatMap(({ open }) => (open ? Date.parse(open.time) : []));
  const since = Math.min(Date.now(), ...times);
  const found = await findJob(name, since, run);
  // What the job asks was declared before it was created; nothing joins it afterwards.
  const members = found === null ? await toAsk(asked, run) : asked.filter(({ open }) => open !== null);
  const worstCaseUsd = await declareAll(members, name, paidBy, run, attempt);
  const result = { ...NOTHING, prompts: asked.length, worstCaseUsd };
  if (found) return { ...result, batch: found.id };
  try {
    const lines = jobLines(members, run, attempt);
    const file =
      (await endpoint.findFile(name, since)) ?? (await endpoint.upload(name, lines, attempt.signal));
    attempt.signal.throwIfAborted();
    attempt.report({ done: range.requests, total: range.requests, unit: 'requests', note: 'uploaded' });
    await run.ledger.noteJob(name, { file, id: null });
    const created = await endpoint.create(file, jobEndpoint(run.profile.style), metadata);
    await untilStored(() => run.ledger.noteJob(name, { file, id: created.id }));
    return { ...result, batch: created.id };
  } catch (error) {
    if (certainlyNotCreated(error, attempt.signal)) await releaseAll(asked, name, run, error);
    throw error;
  }
}

/** All of them; after answers without a text the first request alone, which shows whether that is over. */
async function toAsk(
  asked: readonly PromptStanding[],
  run: GenerationRun,
): Promise<readonly PromptStanding[]> {
  const first = asked[0]?.place.request;
  const ofFirst = asked.filter(({ place }) => place.request === first);
  // What an attempt before this one has declared is in its job.
  if (asked.some(({ open, place }) => open !== null && place.request !== first)) return asked;
  const latest = await latestAnswers(
    asked.map(({ place }) => place),
    run,
  );
  return isNewestEmpty(latest) ? ofFirst : asked;
}

/** Nothing was created, and this attempt is not made again: a later run must not wait for the job. */
function certainlyNotCreated(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted ? error === signal.reason : error instanceof AlpacaError && !error.retryable;
}

/** Declares the intents that are not yet there; gives what they can cost in all. */
async function declareAll(
  members: readonly PromptStanding[],
  job: string,
  paidBy: string,
  run: GenerationRun,
  attempt: Attempt,
): Promise<number> {
  const factor = run.profile.batch?.priceFactor ?? 1;
  const client = run.client();
  const costs = await forEachPlace(members, attempt.signal, async ({ place, open, slot, maxTokens }) => {
    if (open) return open.worstCaseUsd;
    const request = { ...originalRequest(place, run), maxTokens };
    const intent: Intent = {
      profile: run.profile.name,
      worstCaseUsd: worstCaseOf(request, client) * factor,
      paidBy,
      time: new Date().toISOString(),
      batch: { job, maxTokens },
    };
    await run.ledger.declareIntent(place.key, slot, intent);
    return intent.worstCaseUsd;
  });
  return costs.reduce((sum, cost) => sum + cost, 0);
}

async function* jobLines(
  members: readonly PromptStanding[],
  run: GenerationRun,
  { signal }: Attempt,
): AsyncGenerator<string> {
  for (const { place, maxTokens } of members) {
    signal.throwIfAborted();
    yield jobLine(place.key, { ...originalRequest(place, run), maxTokens }, run.profile);
  }
}

async function closeAll(
  standings: readonly PromptStanding[],
  { ledger }: GenerationRun,
  { signal }: Attempt,
  reason: string,
): Promise<void> {
  await forEachPlace(standings, signal, async ({ place, open }) => {
    if (open === null) return;
    const { slot, ...intent } = open;
    await ledger.closeIntent(place.key, slot, intent, reason);
  });
}

/** Closes what this asking has declared. Its attempt may be aborted, so no signal stops this. */
async function releaseAll(
  asked: readonly PromptStanding[],
  job: string,
  { ledger }: GenerationRun,
  error: unknown,
): Promise<void> {
  await forEachPlace(asked, new AbortController().signal, async ({ place }) => {
    for (const [slot, intent] of (await ledger.intents(place.key)).entries()) {
      if (intent.batch?.job !== job || intent.closed !== undefined) continue;
      await ledger.closeIntent(place.key, slot, intent, `The job was not created: ${String(error)}`);
    }
  });
  await ledger.noteJob(job, { file: null, id: null });
}
