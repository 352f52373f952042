import { firstTextFault } from '../../../workflows/contracts/data/text.ts';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import type { RequestYield, YieldCounts } from '../../../workflows/contracts/generate.ts';
import type {
  AcceptRoundInput,
  AcceptRoundResult,
} from '../../../workflows/contracts/generate-activities.ts';
import type { ObservedRequests } from '../../../workflows/contracts/progress.ts';
import { mergeYield, noYield } from '../../../workflows/decisions/yield-counts.ts';
import { toJsonLines } from '../../artifacts/rows.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Attempt } from '../../attempt.ts';
import type { SimilarityPool } from '../../dedupe/corpus/pool.ts';
import { AlpacaError } from '../../errors.ts';
import { type LedgerEntry, ledgerKey } from '../../teacher/ledger/ledger.ts';
import type { GenerationRun } from '../generation-run.ts';
import { filterInstruction } from '../parse/filters.ts';
import { readEntry } from '../parse/read-entry.ts';
import { generationRequest } from '../prompt/run-prompts.ts';
import { type AcceptedState, readAccepted, type WarmPools, writeAccepted } from './accepted-pool.ts';
import { observe, recordYield } from './recorded-yield.ts';
import { answerYield } from './yield.ts';

/**
 * Takes the answers of consecutive requests, in index order whatever order they came in, through parsing,
 * filters and the similarity pool, and stores what is accepted. Ends after the request that reaches the
 * target, which is kept whole as in the original, or after `collapseAfter` requests in a row with nothing
 * accepted.
 *
 * @throws AlpacaError NotFound where a prompt has no outcome in the ledger
 */
export async function acceptRound(
  input: Omit<AcceptRoundInput, 'settings'>,
  run: GenerationRun,
  store: ArtifactStore,
  pools: WarmPools,
  attempt: Attempt,
): Promise<AcceptRoundResult> {
  const options = { threshold: input.threshold, tokenization: input.tokenization };
  const before = await readAccepted(store, input.pool);
  const similarity = await pools.take(run, input.pool, options);
  try {
    const round = await considerRound(input, before.accepted, run, similarity, attempt);
    const segments = [...before.segments];
    if (round.rows.length > 0) segments.push(await writeSegment(store, run, input.firstRequest, round.rows));
    const accepted = before.accepted + round.rows.length;
    const yields = [...before.yields];
    if (round.lines.length > 0) yields.push(await writeYields(store, round.lines));
    const observed = observeRound(before, round.lines);
    const pool = await writeAccepted(store, { segments, accepted, yields, observed });
    await pools.keep(run, pool, options, similarity);
    const source = { settings: run.settings, profile: run.profile, threshold: input.threshold };
    await recordYield(store, source, { observed, seconds: input.seconds });
    const { requestsUsed, outcome, emptyRequests } = round;
    return { pool, accepted, requestsUsed, outcome, emptyRequests, yield: round.yield, observed };
  } catch (error) {
    await similarity.close();
    throw error;
  }
}

interface RoundSoFar extends Omit<AcceptRoundResult, 'pool' | 'accepted' | 'observed'> {
  rows: DataRow[];
  /** what became of each request, in order */
  lines: RequestYield[];
}

async function considerRound(
  input: Omit<AcceptRoundInput, 'settings'>,
  acceptedBefore: number,
  run: GenerationRun,
  similarity: SimilarityPool,
  { signal, report }: Attempt,
): Promise<RoundSoFar> {
  const round: RoundSoFar = {
    rows: [],
    lines: [],
    requestsUsed: 0,
    outcome: 'continue',
    emptyRequests: input.emptyRequests,
    yield: noYield(),
  };
  const end = () => {
    if (acceptedBefore + round.rows.length >= input.target) return 'target';
    return round.emptyRequests >= input.collapseAfter ? 'collapsed' : 'continue';
  };
  round.outcome = end();
  while (round.outcome === 'continue' && round.requestsUsed < input.requests) {
    signal.throwIfAborted();
    const request = input.firstRequest + round.requestsUsed;
    const candidates = await readCandidates(request, run);
    const considered = await similarity.consider(
      candidates.rows.map(({ instruction }) => instruction),
      signal,
    );
    const accepted = candidates.rows.filter((_, index) => considered[index]?.accepted);
    const { yield: counts } = candidates;
    counts.accepted = accepted.length;
    counts.similar = candidates.rows.length - accepted.length;
    round.yield = mergeYield(round.yield, counts);
    round.lines.push({ request, ...counts, ...candidates.answers });
    round.rows.push(...accepted);
    round.emptyRequests = accepted.length === 0 ? round.emptyRequests + 1 : 0;
    round.requestsUsed += 1;
    round.outcome = end();
    report({ done: round.requestsUsed, total: input.requests, unit: 'requests' });
  }
  return round;
}

interface Candidates {
  rows: DataRow[];
  yield: YieldCounts;
  answers: Pick<RequestYield, 'refused' | 'promptTokens' | 'completionTokens' | 'costUsd'>;
}

/** The rows of one request's answers that parse and pass the filters, in order, and the counts so far. */
async function readCandidates(request: number, run: GenerationRun): Promise<Candidates> {
  const { promptsPerRequest } = run.settings;
  const entries = await Promise.all(
    Array.from({ length: promptsPerRequest }, (_, prompt) => readOutcome(request, prompt, run)),
  );
  const rows: DataRow[] = [];
  let counts = noYield();
  for (const [prompt, entry] of entries.entries()) {
    if (entry.outcome === 'refused') continue;
    const answer = candidatesOf(entry, { request, prompt }, run);
    rows.push(...answer.rows);
    counts = mergeYield(counts, answer.yield);
  }
  return { rows, yield: counts, answers: answersOf(entries) };
}

function answersOf(entries: readonly LedgerEntry[]): Candidates['answers'] {
  const answers = { refused: 0, promptTokens: 0, completionTokens: 0, costUsd: 0 };
  for (const { outcome, usage, costUsd } of entries) {
    if (outcome === 'refused') answers.refused += 1;
    answers.promptTokens += usage?.promptTokens ?? 0;
    answers.completionTokens += usage?.completionTokens ?? 0;
    answers.costUsd += costUsd;
  }
  return answers;
}

async function readOutcome(request: number, prompt: number, run: GenerationRun): Promise<LedgerEntry> {
  const { prompts, settings, profile, ledger } = run;
  const original = generationRequest(prompts.text(request, prompt), settings, profile);
  const entry = await ledger.read(ledgerKey(original, prompts.occurrence(request, prompt)));
  if (entry) return entry;
  throw new AlpacaError(
    'NotFound',
    `The ledger "${ledger.name}" has no answer for prompt ${prompt} of request ${request}, which was answered before.`,
    {
      remedy: `Check that every worker has the same store, and the same model, style and output in its teacher profile "${profile.name}".`,
    },
  );
}

function candidatesOf(
  entry: LedgerEntry,
  place: { request: number; prompt: number },
  { settings, profile }: GenerationRun,
): { rows: DataRow[]; yield: YieldCounts } {
  const answer = readEntry(entry, settings, profile);
  const drops = answer.parsed.map(
    ({ instruction, input, output }) =>
      firstTextFault([instruction, input, output]) ?? filterInstruction(instruction, settings.language),
  );
  const rows = answer.parsed
    .filter((_, index) => drops[index] === null)
    .map(({ segment, ...row }) => ({ ...row, provenance: { ...place, segment, ledgerKey: entry.key } }));
  const asked = settings.instructionsPerPrompt - settings.seedTasksPerPrompt;
  return { rows, yield: answerYield(asked, answer, drops) };
}

function writeYields(store: ArtifactStore, lines: readonly RequestYield[]) {
  return store.putFile('yield', 'yield.jsonl', toJsonLines(lines), {
    rows: lines.length,
    madeBy: 'generate',
  });
}

function observeRound(
  { observed, accepted }: AcceptedState,
  lines: readonly RequestYield[],
): ObservedRequests {
  const after = structuredClone(observed);
  let rows = accepted;
  for (const line of lines) {
    observe(after, line, rows);
    rows += line.accepted;
  }
  return after;
}

function writeSegment(store: ArtifactStore, run: GenerationRun, firstRequest: number, rows: DataRow[]) {
  return store.putFile('segment', 'segment.jsonl', toJsonLines(rows), {
    rows: rows.length,
    madeBy: 'generate',
    madeFrom: {
      ledger: run.ledger.name,
      seedTasks: run.settings.seedTasks.sha256,
      firstRequest: String(firstRequest),
    },
  });
}
