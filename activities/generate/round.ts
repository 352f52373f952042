import type { AcceptRoundInput, AcceptRoundResult } from '../../workflows/contracts/activities.ts';
import type { DataRow } from '../../workflows/contracts/rows.ts';
import type { YieldCounts } from '../../workflows/contracts/steps.ts';
import { toJsonLines } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Attempt } from '../attempt.ts';
import type { SimilarityPool } from '../dedupe/pool.ts';
import { AlpacaError } from '../errors.ts';
import { readAccepted, type WarmPools, writeAccepted } from './accepted-pool.ts';
import { filterInstruction } from './filters.ts';
import type { GenerationRun } from './generation-run.ts';
import { type LedgerEntry, ledgerKey } from './ledger.ts';
import { readEntry } from './read-entry.ts';
import { generationRequest } from './run-prompts.ts';
import { answerYield, mergeYield, noYield } from './yield.ts';

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
    const pool = await writeAccepted(store, { segments, accepted });
    await pools.keep(run, pool, options, similarity);
    const { requestsUsed, outcome, emptyRequests } = round;
    return { pool, accepted, requestsUsed, outcome, emptyRequests, yield: round.yield };
  } catch (error) {
    await similarity.close();
    throw error;
  }
}

interface Round extends Omit<AcceptRoundResult, 'pool' | 'accepted'> {
  rows: DataRow[];
}

async function considerRound(
  input: Omit<AcceptRoundInput, 'settings'>,
  acceptedBefore: number,
  run: GenerationRun,
  similarity: SimilarityPool,
  { signal, report }: Attempt,
): Promise<Round> {
  const round: Round = {
    rows: [],
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
    const counts = candidates.yield;
    counts.accepted = accepted.length;
    counts.similar = candidates.rows.length - accepted.length;
    round.yield = mergeYield(round.yield, counts);
    round.rows.push(...accepted);
    round.emptyRequests = accepted.length === 0 ? round.emptyRequests + 1 : 0;
    round.requestsUsed += 1;
    round.outcome = end();
    report({ done: round.requestsUsed, total: input.requests, unit: 'requests' });
  }
  return round;
}

/** The rows of one request's answers that parse and pass the filters, in order, and the counts so far. */
async function readCandidates(
  request: number,
  run: GenerationRun,
): Promise<{ rows: DataRow[]; yield: YieldCounts }> {
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
  return { rows, yield: counts };
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
  const drops = answer.parsed.map(({ instruction }) => filterInstruction(instruction, settings.language));
  const rows = answer.parsed
    .filter((_, index) => drops[index] === null)
    .map(({ segment, ...row }) => ({ ...row, provenance: { ...place, segment, ledgerKey: entry.key } }));
  const asked = settings.instructionsPerPrompt - settings.seedTasksPerPrompt;
  return { rows, yield: answerYield(asked, answer, drops) };
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
