import { z } from 'zod';
import { presetName } from './presets.ts';
import { price } from './prices.ts';

/** A key is in the environment, and hidden in what is said; a password in a URL would be neither. */
const HTTP_URL = 'expected an http or https URL without user, password and query';

const headerName = z.string().regex(/^[A-Za-z0-9-]+$/);

const queryName = z
  .string()
  .regex(
    /^(?!.*(?:key|token|secret|passw|sig))[\w.-]+$/i,
    'expected no key: the variable of one is apiKeyVariable',
  );

/** How an endpoint is asked by the job. */
export const batchSettings = z.strictObject({
  /** how long the provider may take, in its words */
  completionWindow: z.string().min(1).default('24h'),
  /** requests of the run in one job, before the provider's limits of 50,000 prompts and 200 MB */
  requestsPerJob: z.int().min(1).max(50_000).default(10_000),
  /** the first wait between two looks at a job; it grows to ten minutes */
  pollSeconds: z.number().min(0.05).max(3600).default(30),
  /** what a token costs by job, as a share of its price */
  priceFactor: z.number().min(0).max(1).default(0.5),
});

/** What the whole fleet may send to one model of an endpoint. */
const fleetLimits = z.strictObject({
  requestsPerMinute: z.int().min(1).nullable().default(null),
  tokensPerMinute: z.int().min(1).nullable().default(null),
  /** how long the endpoint's minute is */
  windowSeconds: z.number().gt(0).max(86_400).default(60),
  /** a worker asks the fleet's limiter at most so often */
  leasesPerSecond: z.number().gt(0).max(50).default(4),
});

/**
 * The fields of a teacher profile: all that a worker knows of one OpenAI-compatible endpoint. Inputs name a profile;
 * its URL and key stay in the worker's environment and files.
 */
export const profileFields = z.strictObject({
  /** the endpoint whose habits are the defaults of the other fields (`presets.ts`); null: the defaults below */
  preset: presetName.nullable().default(null),
  /** the OpenAI-compatible base URL, with its `/v1` where it has one */
  baseUrl: z.url({ protocol: /^https?$/, error: HTTP_URL }).regex(/^[^@?#]*$/, HTTP_URL),
  /** the environment variable that holds the key; null where the endpoint takes none */
  apiKeyVariable: z.string().min(1).nullable().default(null),
  /** the header that the key is sent in as it is, such as Azure's `api-key`; null: `Authorization: Bearer KEY` */
  apiKeyHeader: headerName.nullable().default(null),
  /** what every request has in its URL, such as Azure's `api-version`; no place for a key */
  query: z.record(queryName, z.string()).default({}),
  model: z.string().min(1),
  /** chat completions, or legacy completions with exactly the recipe's parameters */
  style: z.enum(['chat', 'completions']).default('chat'),
  /** the recipe's text, or for chat models that support it: JSON by a schema */
  output: z.enum(['text', 'structured']).default('text'),
  /** null: as the price tables have it; where they do not, nothing is asked. A free endpoint states 0 and 0 */
  price: price.nullable().default(null),
  /** a request is given up after this; Node's own fetch gives up on headers after 300,000 */
  timeoutMs: z.int().min(1).max(300_000).default(240_000),
  /** an answer that has more bytes is none; null: by the tokens that were asked for (`answers-within.ts`) */
  maxAnswerBytes: z.int().min(1024).max(1e9).nullable().default(null),
  /** requests that one worker process has in flight at the most; null for no bound of its own */
  concurrency: z.int().min(1).nullable().default(null),
  /** what the whole fleet may send in any minute; null: only what the endpoint's own headers teach */
  limits: fleetLimits.nullable().default(null),
  /** the answer may begin with the heading that the prompt ended with; by default expected of chat models */
  repeatsHeading: z.boolean().optional(),
  /** the list may stand in a Markdown fence, in bold headings, between an opening and a closing sentence; by default expected of chat models */
  wrapsList: z.boolean().optional(),
  /** what stands before and behind a model's thinking in its text, which is cut off; null: nothing is cut */
  thinkingMarks: z
    .tuple([z.string().min(1), z.string().min(1)])
    .nullable()
    .default(['<think>', '</think>']),
  maxTokensParameter: z.enum(['max_tokens', 'max_completion_tokens']).default('max_tokens'),
  /** false where the endpoint refuses or ignores `stop`: the answer is then ended on this side */
  supportsStop: z.boolean().default(true),
  /** false where the model refuses `temperature` and `top_p`, as reasoning models do: it then samples in its own way */
  supportsSampling: z.boolean().default(true),
  /** false where the endpoint refuses `top_p` alone: a value of 1, or together with `temperature` */
  supportsTopP: z.boolean().default(true),
  /** false where the endpoint refuses `presence_penalty`, which Self-Instruct's requests have */
  supportsPresencePenalty: z.boolean().default(true),
  /** legacy completions: false where the endpoint refuses `logit_bias`, or its model has another vocabulary */
  supportsLogitBias: z.boolean().default(true),
  /** legacy completions: false where the endpoint takes one prompt a request and no list */
  supportsPromptList: z.boolean().default(true),
  /** the header under which the endpoint takes an idempotency key, such as `Idempotency-Key` */
  idempotencyHeader: headerName.nullable().default(null),
  /** the model of its embeddings endpoint; null where it has none */
  embeddingModel: z.string().min(1).nullable().default(null),
  /** dollars per million tokens embedded by that model; null: unknown, and then nothing is embedded */
  embeddingUsdPerMillion: z.number().min(0).nullable().default(null),
  /** as `limits`, of the embedding model: providers count each model by itself */
  embeddingLimits: fleetLimits.nullable().default(null),
  /** asks by the provider's Batch API: cheaper, within hours; null: each request at once */
  batch: batchSettings.nullable().default(null),
});

export type ProfileFields = z.infer<typeof profileFields>;

/** A file of profiles by name, each of which is read by itself: one that is wrong is no fault of another. */
export const profilesFile = z.record(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/i), z.unknown());

export const profileInFile = profileFields.refine(
  ({ style, output }) => style === 'chat' || output === 'text',
  { path: ['output'], message: 'only the style "chat" has structured output' },
);
