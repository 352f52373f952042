import type { CollectBatchResult } from '../../../workflows/contracts/generate-activities.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';
import { nextLimit } from '../../teacher/answer/context-length.ts';
import type { TeacherFailure } from '../../teacher/answer/failures.ts';
import type { IntentRecord, LedgerEntry } from '../../teacher/ledger/ledger.ts';
import { worstCaseUsd } from '../../teacher/profile/prices.ts';
import type { GenerationRun } from '../generation-run.ts';
import { originalRequest } from '../prompt/original-request.ts';
import { createTally, type Tally } from './empty-lines.ts';
import type { ProviderJob } from './endpoint.ts';
import { jobOf } from './find-job.ts';
import { batchPrice, isPaidWithin, JOB_FIELD, jobMetadata } from './job.ts';
import { GONE, hasEnded } from './job-status.ts';
import { countEmpty, latestAnswers } from './latest-answers.ts';
import { forEachPlace, type PromptPlace, placesOf, type Range } from './places.ts';
import { answerGone, jobFailure, jobGone, notAnswered, readResult, resultLine } from './results.ts';

/**
 * Brings what a job answered into the ledger, whatever became of the job, and closes the intents of what it
 * did not answer, so that another asking may send it. Doing so twice changes nothing, and counts the same.
 *
 * @param paidBy names the asking whose payments are counted: a job of another run cost this one nothing
 * @throws TeacherFailure the first that asking again cannot mend, or EmptyAnswers where most of what is new has no text,
 *   or cannot be read, after everything has been recorded
 */
export async function collectBatch(
  { batch, ...range }: Range & { batch: string | null },
  run: GenerationRun,
  paidBy: string,
  attempt: Attempt,
): Promise<CollectBatchResult> {
  const places = placesOf(range, run);
  const job = batch === null ? null : await jobOf(batch, places, run, paidBy);
  const before = countEmpty(await latestAnswers(await missingOf(places, run, attempt), run));
  const fresh = createTally(run.profile);
  const failures = job === null ? new Map() : await recordAnswers(job, places, run, fresh, attempt, paidBy);
  const settled = await forEachPlace(places, attempt.signal, (place) =>
    settle(place, job, failures.get(place.key) ?? null, run),
  );
  const final = settled.find(({ failure }) => failure !== null && isFinal(failure, run.settings.maxTokens));
  if (final?.failure) throw final.failure.error;
  fresh.requireTexts(before);
  const asked = { asking: range.asking, paidBy, job: job?.name ?? null };
  const isPaidHere = (payer: string) => isPaidWithin(payer, asked, run.ledger.name);
  return summarize(settled, places, range, isPaidHere);
}

async function missingOf(
  places: readonly PromptPlace[],
  { ledger }: GenerationRun,
  { signal }: Attempt,
): Promise<PromptPlace[]> {
  const found = await forEachPlace(places, signal, async ({ key }) => (await ledger.read(key)) !== null);
  return places.filter((_, index) => !found[index]);
}

/** A line without an outcome, and the token limit that it was sent with. */
interface LineFailure {
  error: TeacherFailure;
  maxTokens: number;
}

/** Asking again helps, except where it does not; a context that is too short helps while the limit can fall. */
function isFinal({ error, maxTokens }: LineFailure, original: number): boolean {
  return !error.retryable && nextLimit(error.shortage, maxTokens, original) === null;
}

/** How many lines are parsed before they are written down together. */
const LINES_AT_ONCE = 256;

async function recordAnswers(
  job: ProviderJob,
  places: readonly PromptPlace[],
  run: GenerationRun,
  fresh: Tally,
  attempt: Attempt,
  paidBy: string,
): Promise<Map<string, LineFailure>> {
  if (!hasEnded(job.status)) {
    throw new AlpacaError('TeacherUnavailable', `The job ${job.id} has not ended yet (${job.status}).`, {
      remedy: 'It is looked at again.',
    });
  }
  const byKey = new Map(places.map((place) => [place.key, place]));
  const failures = new Map<string, LineFailure>();
  let done = 0;
  const record = async (line: unknown) => {
    const checked = resultLine.safeParse(line);
    const place = checked.success ? byKey.get(checked.data.custom_id) : undefined;
    if (!checked.success || place === undefined) return;
    const intent = await intentOf(place, job, run, paidBy);
    const { maxTokens } = intent.batch;
    const original = originalRequest(place, run);
    const result = readResult(checked.data, { ...original, maxTokens }, intent.worstCaseUsd, run.profile);
    if ('failure' in result) {
      failures.set(place.key, { error: result.failure, maxTokens });
      const isNew = intent.closed === undefined;
      if (isNew && result.failure.code === 'TeacherMalformed') fresh.addUnreadable(result.failure);
      return;
    }
    const first = await run.ledger.record({
      key: place.key,
      occurrence: run.prompts.occurrence(place.request, place.prompt),
      request: { ...original },
      ...result.outcome,
      profile: intent.profile,
      paidBy: intent.paidBy,
      time: new Date().toISOString(),
    });
    if (first && result.outcome.outcome === 'answered') fresh.add(result.outcome);
  };
  for (const file of [job.outputFile, job.errorFile]) {
    if (file === null) continue;
    let lines: unknown[] = [];
    const write = async () => {
      await forEachPlace(lines, attempt.signal, record);
      done += lines.length;
      attempt.report({ done, total: Math.max(done, job.total), unit: 'prompts' });
      lines = [];
    };
    for await (const line of run.batchEndpoint().lines(file, run.settings.maxTokens, attempt.signal)) {
      lines.push(line);
      if (lines.length === LINES_AT_ONCE) await write();
    }
    await write();
  }
  return failures;
}

type JobIntent = IntentRecord & { batch: NonNullable<IntentRecord['batch']> };

/** The intent that a job's line answers, open or closed since. */
async function intentOf(
  place: PromptPlace,
  job: ProviderJob,
  run: GenerationRun,
  paidBy: string,
): Promise<JobIntent> {
  const found = await findIntent(place, job, run);
  if (found) return found.intent;
  // The ledger has lost its intent: the answer is kept all the same, and is somebody's to pay.
  const { maxTokens } = run.settings;
  const isOwn = job.name === jobMetadata(run.ledger.name, paidBy)[JOB_FIELD];
  return {
    profile: run.profile.name,
    worstCaseUsd: worstCaseUsd(
      run.prompts.text(place.request, place.prompt),
      maxTokens,
      batchPrice(run.profile),
    ),
    paidBy: isOwn ? paidBy : (job.name ?? job.id),
    time: new Date().toISOString(),
    batch: { job: job.name ?? job.id, maxTokens },
  };
}

async function findIntent({ key }: PromptPlace, { name }: ProviderJob, { ledger }: GenerationRun) {
  const intents = await ledger.intents(key);
  for (const [slot, intent] of intents.entries()) {
    const { batch } = intent;
    if (batch !== undefined && batch.job === name) return { slot, intent: { ...intent, batch } };
  }
  return null;
}

interface Settled {
  entry: LedgerEntry | null;
  /** why there is no outcome, where the job was to bring one */
  failure: LineFailure | null;
  intent: JobIntent | null;
}

/** A prompt's outcome; where it has none its intent of this job is closed, and says why. */
async function settle(
  place: PromptPlace,
  job: ProviderJob | null,
  line: LineFailure | null,
  run: GenerationRun,
): Promise<Settled> {
  const entry = await run.ledger.read(place.key);
  if (entry !== null || job === null) return { entry, failure: null, intent: null };
  const found = await findIntent(place, job, run);
  if (found === null) return { entry, failure: null, intent: null };
  const { slot, intent } = found;
  const error = line?.error ?? withoutLine(job, run);
  if (intent.closed === undefined) {
    const nextMaxTokens = nextLimit(error.shortage, intent.batch.maxTokens, run.settings.maxTokens);
    const lowered = nextMaxTokens === null ? {} : { nextMaxTokens };
    const closing = { ...intent, batch: { ...intent.batch, ...lowered } };
    await run.ledger.closeIntent(place.key, slot, closing, `${error.code}: ${error.message}`);
  }
  return { entry, failure: { error, maxTokens: intent.batch.maxTokens }, intent };
}

/** Why a job has no line for a prompt that it was to ask. */
function withoutLine(job: ProviderJob, { profile }: GenerationRun): TeacherFailure {
  const refused = jobFailure(job, profile);
  if (refused) return refused;
  if (job.status === GONE) return jobGone(job.id, profile);
  return job.status === 'completed' ? answerGone(profile) : notAnswered(`the job is ${job.status}`, profile);
}

function summarize(
  settled: readonly Settled[],
  places: readonly PromptPlace[],
  { firstRequest, requests }: Range,
  isPaidHere: (payer: string) => boolean,
): CollectBatchResult {
  const firstGap = settled.findIndex(({ entry }) => entry === null);
  const result: CollectBatchResult = {
    prompts: settled.length,
    missing: 0,
    answeredRequests: (places[firstGap]?.request ?? firstRequest + requests) - firstRequest,
    reason: settled.find(({ failure }) => failure !== null)?.failure?.error.message ?? null,
    sent: 0,
    lost: 0,
    lostUsd: 0,
    refused: 0,
    promptTokens: 0,
    completionTokens: 0,
    costUsd: 0,
  };
  for (const { entry, failure, intent } of settled) {
    if (entry === null) result.missing += 1;
    if (entry?.outcome === 'refused') result.refused += 1;
    if (failure?.error.mayBePaid && intent && isPaidHere(intent.paidBy)) {
      result.lost += 1;
      result.lostUsd += intent.worstCaseUsd;
    }
    if (entry === null || !isPaidHere(entry.paidBy)) continue;
    result.sent += 1;
    result.promptTokens += entry.usage?.promptTokens ?? 0;
    result.completionTokens += entry.usage?.completionTokens ?? 0;
    result.costUsd += entry.costUsd;
    if (entry.statedUsage) result.misstated = (result.misstated ?? 0) + 1;
  }
  return result;
}
