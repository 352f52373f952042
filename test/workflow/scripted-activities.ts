import { createHash } from 'node:crypto';
import { seatKey } from '../../activities/rate/activities.ts';
import type { ArtifactReference, DataSource } from '../../workflows/contracts/data.ts';
import type { DedupeResult } from '../../workflows/contracts/dedupe.ts';
import type { EvaluateActivities } from '../../workflows/contracts/evaluate.ts';
import type { GradeActivities } from '../../workflows/contracts/filter.ts';
import type {
  AcceptRoundResult,
  AnswerRequestResult,
  CollectBatchResult,
  GenerateActivities,
  GenerationEstimate,
} from '../../workflows/contracts/generate-activities.ts';
import type { DataActivities } from '../../workflows/contracts/pipeline.ts';
import type { ObservedRequests } from '../../workflows/contracts/progress.ts';
import type { RatingActivities } from '../../workflows/contracts/rate.ts';
import type { NotifyActivities } from '../../workflows/contracts/run/events.ts';
import type { RunRecordActivities } from '../../workflows/contracts/run/record.ts';
import type { StartActivities } from '../../workflows/contracts/run/start.ts';
import type { EngineActivities, TrainActivities } from '../../workflows/contracts/train-activities.ts';
import { within } from '../../workflows/decisions/forecast/forecasting.ts';
import { resolveStart } from '../../workflows/decisions/start/resolve-start.ts';

/** Activities with fixed, plausible answers: a test overrides the ones that it is about. */
export type Script = StartActivities &
  DataActivities &
  GradeActivities &
  GenerateActivities &
  TrainActivities &
  EngineActivities &
  EvaluateActivities &
  RatingActivities &
  NotifyActivities &
  RunRecordActivities;

/** A well-formed reference to something that no store holds. */
export function reference(kind: string, rows = 0, of = ''): ArtifactReference {
  const sha256 = createHash('sha256').update(`${kind}/${rows}/${of}`).digest('hex');
  return { uri: `artifact://${kind}/${sha256}/${kind}.jsonl`, sha256, bytes: rows * 100, rows };
}

const expected = within(10, 2);

export const freeEstimate: GenerationEstimate = {
  requests: 10,
  promptTokens: 10_000,
  completionTokens: 20_000,
  costUsd: 0,
  acceptedPerRequest: 10,
  worstCaseRequestUsd: 0,
  free: true,
  outlook: {
    forecast: {
      ...{ basis: 'assumed', measuredRequests: 0, requests: expected, promptTokens: expected },
      ...{ completionTokens: expected, costUsd: expected, hours: expected, secondsLeft: expected },
    },
    decline: { mean: 0, standardDeviation: 0.1 },
    secondsPerRequest: within(1, 2),
  },
  batch: null,
};

/** One dollar a request at the most, half a dollar as it turns out. */
export const paidEstimate: GenerationEstimate = {
  ...freeEstimate,
  costUsd: 5,
  worstCaseRequestUsd: 1,
  free: false,
};

/** Where the ledger knows of nothing: what no money was reserved for is not asked. */
export function paying(answer: Script['answerRequest']): Script['answerRequest'] {
  return async (input) => (input.fromLedgerAlone ? unpaid(input.request) : answer(input));
}

export function unpaid(request: number): AnswerRequestResult {
  const nothing = { prompts: 0, sent: 0, promptTokens: 0, completionTokens: 0 };
  return { ...answered(request), status: 'unpaid', ...nothing };
}

export function answered(request: number, costUsd = 0): AnswerRequestResult {
  return {
    request,
    status: 'answered',
    prompts: 5,
    fromLedger: 0,
    sent: 5,
    lost: 0,
    lostUsd: 0,
    refused: 0,
    promptTokens: 1000,
    completionTokens: 2000,
    costUsd,
  };
}

/** All that a job's requests were asked is answered. */
export function collected(requests: number, costUsd = 0): CollectBatchResult {
  return {
    prompts: requests * 5,
    missing: 0,
    answeredRequests: requests,
    reason: null,
    sent: requests * 5,
    lost: 0,
    lostUsd: 0,
    refused: 0,
    promptTokens: requests * 1000,
    completionTokens: requests * 2000,
    costUsd,
  };
}

/** Ten rows a request, all accepted, until the target. */
export async function acceptTen(
  input: Parameters<GenerateActivities['acceptRound']>[0],
): Promise<AcceptRoundResult> {
  let accepted = input.firstRequest * 10;
  let requestsUsed = 0;
  while (requestsUsed < input.requests && accepted < input.target) {
    requestsUsed += 1;
    accepted += 10;
  }
  return {
    pool: reference('pool', accepted),
    accepted,
    requestsUsed,
    outcome: accepted >= input.target ? 'target' : 'continue',
    emptyRequests: 0,
    byShare: {},
    yield: {
      asked: requestsUsed * 85,
      parsed: requestsUsed * 12,
      malformed: 0,
      filtered: { 'too-short': requestsUsed },
      similar: requestsUsed,
      accepted: requestsUsed * 10,
    },
    observed: tenRowsEach(input.firstRequest + requestsUsed),
  };
}

/** What rounds saw of so many requests of ten rows, at half a dollar more or less. */
function tenRowsEach(count: number): ObservedRequests {
  const of = (mean: number) => ({ count, sum: count * mean, squares: count * mean ** 2 * 1.01 });
  return {
    acceptedByGrowth: [{ step: 0, accepted: of(10) }],
    ...{ promptTokens: of(1000), completionTokens: of(2000), costUsd: of(0.5) },
  };
}

/** What a pass by embeddings found and cost. */
export function embeddingPass(rejected: number, costUsd: number): NonNullable<DedupeResult['embedding']> {
  return {
    ...{ model: 'scripted', dimensions: 2, rejected, clusters: rejected, largestCluster: rejected && 1 },
    ...{ sent: 10, lost: 0, promptTokens: 100, costUsd },
  };
}

/** Every row kept. */
function deduped(data: DataSource): DedupeResult {
  return {
    data: typeof data === 'string' ? reference('dataset', 10) : data,
    similarity: null,
    rejected: reference('rejected', 0),
    report: reference('duplicates', 0),
    ...{ exactDuplicates: 0, normalizedDuplicates: 0, clusters: 0, largestCluster: 0 },
    tokenization: 'rouge',
    embedding: null,
  };
}

export const scripted: Script = {
  // As it is: what workflows begin with is a part of what is tested.
  resolveStart: async (start) => ({ ...resolveStart(start), heartbeatSeconds: 10 }),
  fetchFromHub: async ({ kind }) => ({
    reference: reference(kind, 10),
    name: `owner/${kind}@${'c'.repeat(40)}`,
  }),
  checkInput: async () => {},
  sampleSeeds: async () => ({
    seedTasks: reference('seed-tasks', 175),
    evaluationInstructions: reference('evaluation-instructions', 64),
    tokenization: 'rouge',
    classificationTasks: 30,
    tasksWithoutInput: 50,
  }),
  importRows: async () => ({ data: reference('dataset', 40, 'imported') }),
  findNewRows: async () => ({
    newRows: 40,
    data: reference('dataset', 40, 'new'),
    known: reference('row-keys', 40),
  }),
  estimateGeneration: async () => freeEstimate,
  answerRequest: async ({ request }) => answered(request),
  submitBatch: async ({ requests }) => ({
    batch: 'batch_1',
    prompts: requests * 5,
    worstCaseUsd: 0,
    lost: 0,
    lostUsd: 0,
  }),
  pollBatch: async () => ({ status: 'completed', ended: true, done: 5, total: 5 }),
  collectBatch: async ({ requests }) => collected(requests),
  cancelBatch: async () => {},
  acceptRound: acceptTen,
  gatherAccepted: async ({ pool }) => ({
    data: reference('dataset', pool.rows),
    yieldByRequest: reference('yield', 1),
    files: null,
  }),
  dedupeRows: async ({ data }) => deduped(data),
  planPartitions: async ({ data, partitions }) => ({
    data: typeof data === 'string' ? reference('dataset', 10) : data,
    against: null,
    sequences: reference('sequences', 10),
    partitions: Array.from({ length: partitions }, (_, partition) =>
      reference('partition', 5, String(partition)),
    ),
    longest: 12,
    tokenization: 'rouge',
  }),
  findPairs: async ({ partition }) => ({ pairs: reference('pairs', 0, String(partition)) }),
  resolvePairs: async ({ plan }) => deduped(plan.data),
  filterRows: async ({ data, similarity }) => ({
    data: typeof data === 'string' ? reference('dataset', 10) : data,
    ...{ similarity, against: [], dropped: reference('dropped', 0), droppedBy: {} },
    grades: null,
  }),
  gradeRows: async ({ filtered }) => filtered,
  tokenizeRows: async () => ({
    model: reference('model', 5),
    tokens: reference('tokens', 90),
    heldOutTokens: reference('tokens', 10),
    heldOutRows: reference('dataset', 10, 'held-out'),
    truncated: 1,
    fullyMasked: 0,
    endOfTextLost: 1,
    prefixMismatches: 0,
    spellingSpecialTokens: 0,
    rewrittenTurns: 0,
    piecesOfTemplate: [],
    addedTokens: [],
  }),
  planTraining: async () => ({
    plan: reference('plan', 30),
    totalSteps: 30,
    boundaries: [0, 15, 30],
    parameters: 1000,
    ...{ learningRate: 0.002, warning: null },
    start: null,
  }),
  trainShard: async ({ toStep }) => ({
    checkpoint: reference('checkpoint', toStep),
    step: toStep,
    loss: 5 - toStep / 10,
    tokensPerSecond: 4000,
    ...{ best: null, stoppedEarly: null, figures: null },
  }),
  mergeShards: async ({ round: { toStep } }) => ({
    checkpoint: reference('checkpoint', toStep, 'merged'),
    step: toStep,
    loss: 5 - toStep / 10,
    tokensPerSecond: 8000,
    traffic: { up: 2048, down: 4096, own: 0 },
    ...{ best: null, stoppedEarly: null, figures: null },
  }),
  checkEngine: async () => {},
  joinShard: async () => {},
  measureLoss: async ({ checkpoint }) => ({ loss: checkpoint === null ? 8 : 3, targets: 500 }),
  exportModel: async () => ({
    model: reference('model', 6, 'trained'),
    adapter: null,
    tensorBoard: reference('metrics', 30, 'events'),
    metrics: reference('metrics', 30),
    rounds: null,
  }),
  evaluateHeldOut: async () => ({ heldOut: null, exactMatch: null, base: null, losses: [] }),
  answerInstructions: async () => ({
    answers: reference('answers', 48),
    excluded: 2,
    candidate: { name: 'trained', kind: 'model', meanLength: 40, empty: 0, rougeL: null, exactMatch: null },
  }),
  askTeacher: async ({ teacher }) => ({
    answers: reference('answers', 48, teacher),
    excluded: 2,
    candidate: { name: teacher, kind: 'teacher', meanLength: 60, empty: 0, rougeL: null, exactMatch: null },
    costUsd: 0.25,
  }),
  judgePairs: async () => ({
    pairwise: {
      judge: 'offline',
      instructions: 48,
      excluded: 2,
      wins: 40,
      losses: 4,
      ties: 4,
      disagreements: 2,
      winRate: 87.5,
      standardError: 4.5,
      interval: [78.6, 96.4],
      pValue: 0.001,
      unreadable: 0,
      unjudged: 0,
    },
    annotations: reference('annotations', 48),
    beside: { meanLengthA: 40, meanLengthB: 60, categories: [] },
    costUsd: 0,
  }),
  prepareComparison: async ({ run, rate: { runSeed: seed, raters, itemsPerRater, votesPerItem } }) => ({
    comparison: reference('comparison', 3),
    plan: { seed, items: 3, raters, itemsPerRater, votesPerItem },
    seats: Array.from({ length: raters }, (_, rater) => ({ key: seatKey(run, rater), assigned: 3 })),
  }),
  countVotes: async ({ mode, plan, ballots }) => ({
    ...{ mode, items: plan.items, votes: 0, skips: 0, summary: ballots.join(' ') },
    ...{ pairwise: null, grades: null, agreement: null, annotations: reference('annotations', 3) },
  }),
  writeRelease: async () => ({
    dataset: reference('dataset', 100, 'released'),
    release: reference('release', 4),
    report: reference('report', 1),
  }),
  recordRun: async () => {},
  checkEndpoints: async () => {},
  deliverEvent: async () => 'delivered',
  lookAtRun: async () => 'open',
};
