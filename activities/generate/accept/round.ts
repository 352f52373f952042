import { firstTextFault } from '../../../workflows/contracts/data/text.ts';
import type { DataRow, StageTask } from '../../../workflows/contracts/data.ts';
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
import type { Consideration, SimilarityPool } from '../../dedupe/corpus/pool.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import { measure } from '../../telemetry.ts';
import type { GenerationRun } from '../generation-run.ts';
import { readEntry } from '../parse/read-entry.ts';
import { readInstructions } from '../self-instruct/read-instructions.ts';
import type { WarmPools } from './accepted-pool.ts';
import { type AcceptedState, readAccepted, writeAccepted } from './accepted-state.ts';
import { considerTasks } from './consider-tasks.ts';
import { lastOf, type NewestRow, type RefusedRow, recordNewest, type WatchedRound } from './newest.ts';
import { type AnswerFigures, figuresOf, readOutcomes } from './read-outcome.ts';
import { observe, recordYield } from './recorded-yield.ts';
import type { RoundSoFar } from './round-so-far.ts';
import { answerYield } from './yield.ts';

/**
 * Takes the answers of consecutive requests, in index order whatever order they came in, through parsing,
 * filters and the similarity pool, and stores what is accepted. Ends after the request that reaches the
 * target, which is kept whole as in the original, or after `collapseAfter` requests in a row with nothing
 * accepted.
 *
 * @param watchedAs the run and the time for whose watchers its newest rows are written down; null: nobody watches
 * @throws AlpacaError NotFound where a prompt has no outcome in the ledger
 */
export async function acceptRound(
  input: Omit<AcceptRoundInput, 'settings'>,
  run: GenerationRun,
  store: ArtifactStore,
  pools: WarmPools,
  attempt: Attempt,
  watchedAs: WatchedRound | null = null,
): Promise<AcceptRoundResult> {
  const options = { threshold: input.threshold, tokenization: input.tokenization ?? run.tokenization };
  const before = await readAccepted(store, input.pool);
  if (run.settings.tasks !== null)
    return storeRound(await considerTasks(input, run, attempt), { input, before, run, store, watchedAs });
  const similarity = await pools.take(run, input.pool, options);
  try {
    const round = await considerRound(input, before.accepted, run, similarity, attempt);
    const result = await storeRound(round, { input, before, run, store, watchedAs });
    await pools.keep(run, result.pool, options, similarity);
    const source = { settings: run.settings, profile: run.profile, threshold: input.threshold };
    await recordYield(store, source, { observed: result.observed, seconds: input.seconds });
    return result;
  } catch (error) {
    await similarity.close();
    throw error;
  }
}

interface RoundPlace {
  input: Omit<AcceptRoundInput, 'settings'>;
  before: AcceptedState;
  run: GenerationRun;
  store: ArtifactStore;
  watchedAs: WatchedRound | null;
}

async function storeRound(
  { rows, lines, refused, ...round }: RoundSoFar,
  { input, before, run, store, watchedAs }: RoundPlace,
): Promise<AcceptRoundResult> {
  const segments = [...before.segments];
  if (rows.length > 0) segments.push(await writeSegment(store, run, input.firstRequest, rows));
  const accepted = before.accepted + rows.length;
  const yields = [...before.yields];
  if (lines.length > 0) yields.push(await writeYields(store, lines));
  const observed = observeRound(before, lines);
  const pool = await writeAccepted(store, { segments, accepted, yields, observed });
  measureYield(round.yield);
  if (watchedAs !== null)
    await recordNewest(store, watchedAs, { before: input.pool, pool, accepted: rows, refused });
  return { pool, accepted, ...round, observed };
}

function measureYield({ asked, accepted, malformed, similar, filtered }: YieldCounts): void {
  measure('alpaca_rows_asked', asked);
  measure('alpaca_rows_accepted', accepted);
  for (const [rule, rows] of Object.entries({ malformed, similar, ...filtered }))
    measure('alpaca_rows_dropped', rows, { step: 'generate', rule });
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
    byShare: {},
    refused: [],
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
    const accepted = candidates.rows.flatMap((row, index) => {
      const { accepted = false, mostSimilar = null, highest = 0 } = considered[index] ?? {};
      if (!accepted) return [];
      return [run.settings.stage === null ? row : { ...row, mostSimilar, similarity: highest }];
    });
    const { yield: counts } = candidates;
    counts.accepted = accepted.length;
    counts.similar = candidates.rows.length - accepted.length;
    round.yield = mergeYield(round.yield, counts);
    round.lines.push({ request, ...counts, ...candidates.answers });
    round.rows.push(...accepted);
    const similar = candidates.rows.flatMap((row, index) => tooSimilar(row, considered[index]));
    round.refused = lastOf([...round.refused, ...candidates.refused, ...similar]);
    for (const row of accepted)
      for (const name of 'input' in row ? (run.prompts.sharesOf?.(row) ?? []) : [])
        round.byShare[name] = (round.byShare[name] ?? 0) + 1;
    round.emptyRequests = accepted.length === 0 ? round.emptyRequests + 1 : 0;
    round.requestsUsed += 1;
    round.outcome = end();
    report({ done: round.requestsUsed, total: input.requests, unit: 'requests' });
  }
  return round;
}

function tooSimilar(row: DataRow | StageTask, found: Consideration | undefined): RefusedRow[] {
  if (found === undefined || found.accepted) return [];
  const { input = '', output = '' }: Partial<DataRow> = row;
  const why = `too similar (ROUGE-L ${found.highest.toFixed(2)}) to: ${found.mostSimilar ?? 'a row before it'}`;
  return [{ instruction: row.instruction, input, output, why }];
}

interface Candidates {
  rows: (DataRow | StageTask)[];
  /** dropped by a filter */
  refused: RefusedRow[];
  yield: YieldCounts;
  answers: AnswerFigures;
}

/** The rows of one request's answers that parse and pass the filters, in order, and the counts so far. */
async function readCandidates(request: number, run: GenerationRun): Promise<Candidates> {
  const entries = await readOutcomes(request, run);
  const candidatesOf = run.settings.stage === null ? tasksOf : instructionsOf;
  const rows: Candidates['rows'] = [];
  const refused: RefusedRow[] = [];
  let counts = noYield();
  for (const [prompt, entry] of entries.entries()) {
    if (entry.outcome === 'refused') continue;
    const answer = candidatesOf(entry, { request, prompt }, run);
    rows.push(...answer.rows);
    refused.push(...answer.refused);
    counts = mergeYield(counts, answer.yield);
  }
  return { rows, refused, yield: counts, answers: figuresOf(entries) };
}

interface Place {
  request: number;
  prompt: number;
}

function tasksOf(
  entry: LedgerEntry,
  place: Place,
  { settings, profile, prompts, filterOf }: GenerationRun,
): Omit<Candidates, 'answers'> {
  const answer = readEntry(entry, settings, profile);
  const language = prompts.language?.(place.request, place.prompt);
  const filter = filterOf(language ?? settings.language);
  const drops = answer.parsed.map(
    ({ instruction, input, output }) => firstTextFault([instruction, input, output]) ?? filter(instruction),
  );
  const rows = answer.parsed
    .filter((_, index) => drops[index] === null)
    .map(({ segment, ...row }) => ({
      ...row,
      ...(language === undefined ? {} : { language }),
      provenance: { ...place, segment, ledgerKey: entry.key },
    }));
  const asked = settings.instructionsPerPrompt - settings.seedTasksPerPrompt;
  const refused = answer.parsed.flatMap(({ instruction, input, output }, index) =>
    refusedBy(drops[index] ?? null, { instruction, input, output }),
  );
  return { rows, refused, yield: answerYield(asked, answer, drops) };
}

/** The instructions of Self-Instruct's first stage. */
function instructionsOf(
  entry: LedgerEntry,
  place: Place,
  { settings, profile, filterOf }: GenerationRun,
): Omit<Candidates, 'answers'> {
  const { instructions, asked } = readInstructions(entry, filterOf(settings.language), profile);
  const rows = instructions
    .filter(({ drop }) => drop === null)
    .map(({ segment, instruction }) => ({
      ...{ instruction, mostSimilar: null, similarity: 0 },
      provenance: { ...place, segment, ledgerKey: entry.key },
    }));
  const drops = instructions.map(({ drop }) => drop);
  const refused = instructions.flatMap(({ instruction, drop }) =>
    refusedBy(drop, { instruction, input: '', output: '' }),
  );
  return { rows, refused, yield: answerYield(asked, { parsed: instructions, segments: asked }, drops) };
}

/** By the name of the filter. */
function refusedBy(drop: string | null, row: NewestRow): RefusedRow[] {
  return drop === null ? [] : [{ ...row, why: drop.replaceAll('-', ' ') }];
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

function writeSegment(
  store: ArtifactStore,
  run: GenerationRun,
  firstRequest: number,
  rows: RoundSoFar['rows'],
) {
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
