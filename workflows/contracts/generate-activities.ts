import { z } from 'zod';
import type { ArtifactReference, DataSource } from './data.ts';
import type { RequestSettings, SelfInstructResult, YieldCounts } from './generate.ts';
import { decline, estimated, forecast, type ObservedRequests, type Sums } from './progress.ts';
import type { FindNewRowsInput, NewRows } from './run/retrain.ts';
import type { Paying, Tokenization } from './run.ts';

/** The activities of the step `generate`: a workflow never loads an implementation. */

export interface AnswerRequestInput extends Paying {
  settings: RequestSettings;
  /** the request's index in the run, from 0 */
  request: number;
  /** what rounds have accepted, where prompts see that: at least of all requests that this one sees */
  pool?: ArtifactReference | null;
  /**
   * How often the workflow has reserved money for this request, from 0. An intent of an earlier asking
   * without an answer was booked as lost; one of this asking means that an attempt died after sending.
   */
  asking: number;
  /** no money is reserved for it: nothing is sent, and what the ledger lacks is `unpaid` */
  fromLedgerAlone?: true;
}

export interface AnswerRequestResult {
  request: number;
  /**
   * `lost`: intents without an answer were found, or the reservation was seen to be too small; nothing more was sent;
   * ask again with `asking + 1`. `unpaid`: the ledger does not have all of it, and nothing was reserved; ask again with money.
   */
  status: 'answered' | 'lost' | 'unpaid';
  prompts: number;
  /** prompts answered from the ledger without sending anything */
  fromLedger: number;
  /** prompts really sent by this call */
  sent: number;
  /** intents found without an answer */
  lost: number;
  /** their worst-case cost in dollars: what the workflow books */
  lostUsd: number;
  refused: number;
  promptTokens: number;
  completionTokens: number;
  /** dollars paid by this call, from usage and price */
  costUsd: number;
  /** answers whose usage is not booked as the endpoint stated it; absent where there is none */
  misstated?: number;
}

export interface EstimateGenerationInput {
  settings: RequestSettings;
  target: number;
  threshold: number;
  concurrency: number;
}

/** How a run asks where its teacher's profile says so: by the provider's Batch API. */
const jobPlan = z.strictObject({
  /** requests in one job at the most */
  requestsPerJob: z.int(),
  /** the first wait between two looks at a job, in seconds */
  pollSeconds: z.number(),
});
export type JobPlan = z.infer<typeof jobPlan>;

/** What one request of a stage is expected to take. */
const expectedRequest = z.strictObject({
  promptTokens: estimated,
  completionTokens: estimated,
  costUsd: estimated,
  /** from its first sending to its last answer */
  seconds: estimated,
});
export type ExpectedRequest = z.infer<typeof expectedRequest>;

/** What a run expects before it has measured anything, and measures against. */
const outlook = z.strictObject({
  forecast,
  /** how fast the yield is expected to fall as the pool grows */
  decline,
  /** from the first sending of one request to its last answer */
  secondsPerRequest: estimated,
  /** a request of this stage of Self-Instruct and of those after it; absent where the method has no stages */
  stages: z
    .strictObject({
      /** the later stages ask about one task in each */
      promptsPerRequest: z.int(),
      now: expectedRequest,
      later: z.array(expectedRequest),
      /** what one request of a later stage can cost at the most; 0 where there is none */
      laterWorstCaseUsd: z.number(),
    })
    .optional(),
});
export type Outlook = z.infer<typeof outlook>;

export const generationEstimate = z.strictObject({
  requests: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  costUsd: z.number(),
  /** instructions that one request is expected to bring past parsing, filters and dedupe */
  acceptedPerRequest: z.number(),
  /** what one request can cost at the most: the reservation made before it is asked */
  worstCaseRequestUsd: z.number(),
  /** true where the profile states a price of zero */
  free: z.boolean(),
  outlook,
  /** how requests are asked by the job; null where each is asked by itself */
  batch: jobPlan.nullable(),
});
export type GenerationEstimate = z.infer<typeof generationEstimate>;

/** Consecutive requests that are asked in one job. */
export interface BatchRange extends Paying {
  settings: RequestSettings;
  firstRequest: number;
  requests: number;
  /** what rounds have accepted, where prompts see that */
  pool?: ArtifactReference | null;
  /** how often the workflow has reserved money for them, from 0 */
  asking: number;
}

export interface SubmitBatchResult {
  /** the provider's id of the job to wait for; null where there is nothing to wait for */
  batch: string | null;
  /** prompts of the range without an outcome: those of the job, and those that wait for what it shows */
  prompts: number;
  /** what they can cost this run; 0 where another run pays for the job */
  worstCaseUsd: number;
  /** intents found without an answer: nothing was submitted; book them, and ask again with `asking + 1` */
  lost: number;
  lostUsd: number;
}

export interface PollBatchResult {
  /** the provider's word for the state of the job */
  status: string;
  ended: boolean;
  /** lines of the job with an outcome, and in all */
  done: number;
  total: number;
}

export interface CollectBatchResult {
  /** prompts of the range */
  prompts: number;
  /** prompts of the range that are still without an outcome */
  missing: number;
  /** requests in a row from the first that are answered whole */
  answeredRequests: number;
  /** why prompts are missing, in the provider's words where it gave some; null where none is */
  reason: string | null;
  /** prompts that this asking paid for */
  sent: number;
  /** answers that were paid for and cannot be used, and their worst-case cost in dollars */
  lost: number;
  lostUsd: number;
  refused: number;
  promptTokens: number;
  completionTokens: number;
  costUsd: number;
  /** answers whose usage is not booked as the provider stated it; absent where there is none */
  misstated?: number;
}

export interface AcceptRoundInput {
  settings: RequestSettings;
  threshold: number;
  /** null: as the run's language has it */
  tokenization: Tokenization | null;
  firstRequest: number;
  requests: number;
  /** what earlier rounds accepted; null for the first */
  pool: ArtifactReference | null;
  target: number;
  collapseAfter: number;
  /** requests in a row, up to this round, with nothing accepted */
  emptyRequests: number;
  /** seconds of the requests sent so far: recorded for later runs' estimates; null where none were measured */
  seconds: Sums | null;
}

export interface AcceptRoundResult {
  pool: ArtifactReference;
  /** accepted in all, this round included */
  accepted: number;
  /** requests of this round whose rows were considered: fewer than asked where it was the last */
  requestsUsed: number;
  outcome: 'continue' | 'target' | 'collapsed';
  emptyRequests: number;
  yield: YieldCounts;
  /** of the whole run so far */
  observed: ObservedRequests;
  /** of the round: its rows by each language and class that has a share */
  byShare: Readonly<Record<string, number>>;
}

export interface GatherInput {
  pool: ArtifactReference;
  /** of the last stage of Self-Instruct: what its files are made of */
  selfInstruct: { settings: RequestSettings; tokenization: Tokenization | null; requests: number } | null;
}

export interface GatheredRows {
  data: ArtifactReference;
  /** one line a request */
  yieldByRequest: ArtifactReference;
  /** of the last stage of Self-Instruct, which is told of; else null */
  files: SelfInstructResult['files'] | null;
}

export interface GenerateActivities {
  /** Brings rows that exist into the store, in the recipe's format. */
  importRows(input: { source: DataSource }): Promise<{ data: ArtifactReference }>;
  /** Looks for rows that are in none of the runs before, and brings what is to be trained on into the store. */
  findNewRows(input: FindNewRowsInput): Promise<NewRows>;
  estimateGeneration(input: EstimateGenerationInput): Promise<GenerationEstimate>;
  answerRequest(input: AnswerRequestInput): Promise<AnswerRequestResult>;
  /** Creates the job that asks what the ledger lacks, or finds the one that asks it already. */
  submitBatch(input: BatchRange): Promise<SubmitBatchResult>;
  /** One look at a job. */
  pollBatch(input: BatchRange & { batch: string }): Promise<PollBatchResult>;
  /** Brings the outcomes of a job that has ended into the ledger; null: only counts what is there. */
  collectBatch(input: BatchRange & { batch: string | null }): Promise<CollectBatchResult>;
  /** Cancels a job; null: the one that this asking may have created. */
  cancelBatch(input: BatchRange & { batch: string | null }): Promise<void>;
  acceptRound(input: AcceptRoundInput): Promise<AcceptRoundResult>;
  /** Joins the pool's accepted segments into one file of rows, and its rounds' yields into another. */
  gatherAccepted(input: GatherInput): Promise<GatheredRows>;
}
