import { z } from 'zod';
import { AlpacaError } from '../errors.ts';
import { measure } from '../telemetry.ts';
import { answerBytes } from './answer/answers-within.ts';
import { believedUsage, sayMisstated } from './answer/believed-usage.ts';
import { malformed, TeacherFailure } from './answer/failures.ts';
import { unreadable } from './answer/stated-error.ts';
import { connect, withinTimeout } from './connection.ts';
import type { Admission } from './limits/admission.ts';
import { type Admissions, createAdmissions } from './limits/admissions.ts';
import { measuredRequest } from './measured-request.ts';
import { mostTokens } from './profile/prices.ts';
import type { TeacherProfile } from './profile/profiles.ts';
import { whereSet } from './profile/where-set.ts';

/**
 * What one request embeds at the most. OpenAI takes 2,048 texts and 300,000 tokens a request; a byte-level
 * tokenizer makes no token of less than a byte, so this many bytes are never more tokens than that. Smaller
 * servers take fewer texts, of which these are few enough for most.
 */
export const BATCH = { texts: 128, bytes: 250_000 } as const;

export interface Embeddings {
  /** one for each text, in their order, of unit length and of the same dimension */
  vectors: Float32Array<ArrayBuffer>[];
  /** null where the endpoint states none */
  promptTokens: number | null;
}

export interface EmbeddingClient {
  readonly profile: TeacherProfile;
  readonly model: string;
  /** dollars per million tokens */
  readonly usdPerMillion: number;
  /** what every batch passes before it is declared: limits of the embedding model, and how much at once */
  readonly admission: Admission;
  /**
   * Embeds one batch by one request, without retries. Nothing but the profile's timeout cuts it off.
   *
   * @throws TeacherFailure
   */
  embed(texts: readonly string[], options?: { idempotencyKey?: string }): Promise<Embeddings>;
}

export interface EmbeddingClientOptions {
  /**
   * another than the profile's `embeddingModel`: only where embedding is free, since the profile states the
   * price of its own
   */
  model?: string | null;
  /** by default this process is the whole fleet */
  admissions?: Admissions;
}

/**
 * A client of a profile's embeddings endpoint.
 *
 * @throws AlpacaError Configuration where the profile has no such model, no price of it, or no key
 */
export function createEmbeddingClient(
  profile: TeacherProfile,
  env: NodeJS.ProcessEnv,
  { model = null, admissions = createAdmissions() }: EmbeddingClientOptions = {},
): EmbeddingClient {
  const named = requireModel(profile, model);
  const usdPerMillion = requirePrice(profile, named);
  const limited = limitedAsEmbedder(profile);
  const admission = admissions(limited);
  const connection = connect(profile, env, admission);
  // Failures name the model that was asked for.
  const asked: TeacherProfile = { ...profile, model: named };
  return {
    profile,
    model: named,
    usdPerMillion,
    admission,
    async embed(texts, { idempotencyKey } = {}) {
      const { idempotencyHeader } = profile;
      const headers =
        idempotencyHeader === null || idempotencyKey === undefined
          ? {}
          : { headers: { [idempotencyHeader]: idempotencyKey } };
      // Without a format the package asks for base64, which not every server can give.
      const form = { encoding_format: 'float' } as const;
      const openai = await connection.within(mostBytesOf(texts, profile));
      const request = { operation: 'embeddings', name: limited.name } as const;
      const embedded = await measuredRequest(request, asked, async () => {
        const answer = await withinTimeout(profile, (signal) =>
          openai.embeddings.create({ model: named, input: [...texts], ...form }, { signal, ...headers }),
        );
        return readEmbeddings(answer, texts, profile);
      }).catch((failure: unknown) => {
        throw inWordsOfEmbedding(failure, asked);
      });
      measurePaid(embedded.promptTokens ?? 0, usdPerMillion, profile);
      return embedded;
    },
  };
}

function measurePaid(tokens: number, usdPerMillion: number, { name: profile }: TeacherProfile): void {
  measure('alpaca_teacher_tokens', tokens, { profile, direction: 'prompt' });
  measure('alpaca_teacher_cost_dollars', (tokens * usdPerMillion) / 1e6, { profile });
}

/**
 * The profile as its limiter knows it. Providers count each model by itself, so the embedding model has
 * limits and a limiter of its own: `alpaca limits NAME/embeddings`.
 */
function limitedAsEmbedder(profile: TeacherProfile): TeacherProfile {
  return { ...profile, name: `${profile.name}/embeddings`, limits: profile.embeddingLimits };
}

/** Of the longest embeddings that there are, and of a number as JSON writes it. */
const MOST_DIMENSIONS = 8192;
const BYTES_A_NUMBER = 25;

/** The most bytes of an answer: of 128 texts 27 MB. */
function mostBytesOf(texts: readonly string[], profile: TeacherProfile): number {
  return answerBytes(profile, 0) + texts.length * MOST_DIMENSIONS * BYTES_A_NUMBER;
}

/** The most tokens that the texts can have. */
export function mostTokensOfTexts(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + mostTokens(text), 0);
}

/** The most dollars that embedding the texts can cost. */
export function worstCaseOfTexts(texts: readonly string[], usdPerMillion: number): number {
  return (mostTokensOfTexts(texts) * usdPerMillion) / 1e6;
}

/** @throws AlpacaError BudgetRequired where embedding costs money and nobody said how much it may */
export function requireEmbeddingBudget(
  { profile, model, usdPerMillion }: EmbeddingClient,
  budgetUsd: number | null,
): void {
  if (usdPerMillion === 0 || budgetUsd !== null) return;
  throw new AlpacaError(
    'BudgetRequired',
    `Embedding with ${model} of the teacher "${profile.name}" costs money, and there is no budget.`,
    {
      remedy:
        'Give a budget in dollars (--budget, or budgetUsd in the input): nothing is asked whose worst case could pass it.',
    },
  );
}

function requireModel(profile: TeacherProfile, model: string | null): string {
  const named = model ?? profile.embeddingModel;
  if (named !== null) return named;
  throw new AlpacaError('Configuration', `The teacher profile "${profile.name}" names no embedding model.`, {
    remedy: `Set ${whereSet(profile, 'embeddingModel')} and ${whereSet(profile, 'embeddingUsdPerMillion')} (dollars per million tokens), or name another profile.`,
  });
}

function requirePrice(profile: TeacherProfile, model: string) {
  const { name, embeddingModel, embeddingUsdPerMillion } = profile;
  if (embeddingUsdPerMillion === null)
    throw new AlpacaError('Configuration', `The teacher profile "${name}" has no price of ${model}.`, {
      remedy: `Set ${whereSet(profile, 'embeddingUsdPerMillion')}: dollars per million tokens; a free endpoint has 0.`,
    });
  if (embeddingUsdPerMillion > 0 && model !== embeddingModel)
    throw new AlpacaError(
      'Configuration',
      `The teacher profile "${name}" states the price of ${embeddingModel ?? 'no embedding model'}, not of ${model}.`,
      { remedy: 'Leave the model out, or add a profile with this model and its price.' },
    );
  return embeddingUsdPerMillion;
}

const embeddingsAnswer = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()).min(1) })),
  usage: z.looseObject({}).nullable().catch(null),
});

function readEmbeddings(json: unknown, texts: readonly string[], profile: TeacherProfile): Embeddings {
  const checked = embeddingsAnswer.safeParse(json);
  if (!checked.success)
    throw unreadable(json, profile, 'its answer has not the form of a list of embeddings');
  const { data, usage } = checked.data;
  if (data.length !== texts.length)
    throw malformed(profile, `it gave ${data.length} embeddings for ${texts.length} texts`);
  const vectors = new Map(data.map(({ index, embedding }) => [index, unitVector(embedding)]));
  const ordered: Float32Array<ArrayBuffer>[] = [];
  for (let index = 0; index < texts.length; index += 1) {
    const vector = vectors.get(index);
    if (vector === undefined)
      throw malformed(
        profile,
        `embedding ${index} is missing, or has no direction: zero or no finite number`,
      );
    const dimensions = ordered[0]?.length ?? vector.length;
    if (vector.length !== dimensions)
      throw malformed(profile, `its embeddings have ${dimensions} and ${vector.length} dimensions`);
    ordered.push(vector);
  }
  return {
    vectors: ordered,
    promptTokens: believedTokens(usage, texts, profile),
  };
}

/** All are of the texts, those too that only the total has; null where the endpoint states none. */
function believedTokens(
  stated: object | null,
  texts: readonly string[],
  { name }: TeacherProfile,
): number | null {
  if (stated === null) return null;
  const exchange = { prompts: texts, answers: [], maxTokens: 0 };
  const believed = believedUsage({ ...stated, completion_tokens: 0 }, exchange);
  if (believed === null) return null;
  sayMisstated(name, believed);
  return believed.usage.promptTokens + believed.usage.completionTokens;
}

/** The vector at length 1, as 32-bit floats; undefined for one that has no direction. */
function unitVector(values: readonly number[]): Float32Array<ArrayBuffer> | undefined {
  let squares = 0;
  for (const value of values) squares += value * value;
  const length = Math.sqrt(squares);
  if (!(length > 0 && length < Number.POSITIVE_INFINITY)) return undefined;
  return Float32Array.from(values, (value) => value / length);
}

/** Failures of an endpoint that the map words for completions, in the words of this one. */
function inWordsOfEmbedding(failure: unknown, profile: TeacherProfile): unknown {
  if (!(failure instanceof TeacherFailure)) return failure;
  const { code, cause, mayBePaid } = failure;
  if (code === 'ContextLength')
    return new TeacherFailure(code, `A text is too long for ${profile.model} of "${profile.name}".`, {
      remedy: 'Shorten or remove the longest rows, or choose an embedding model with a longer context.',
      cause,
      mayBePaid,
    });
  const status: unknown = cause instanceof Error && 'status' in cause ? cause.status : undefined;
  if (code === 'UnknownModel')
    return new TeacherFailure(
      code,
      `The teacher "${profile.name}" knows no embedding model ${profile.model}.`,
      {
        remedy: `Set ${whereSet(profile, 'embeddingModel')} to one that it has.`,
        cause,
        mayBePaid,
      },
    );
  if (code === 'Configuration' && status === 404)
    return new TeacherFailure(
      code,
      `The teacher "${profile.name}" has no embeddings endpoint at ${profile.baseUrl}.`,
      { remedy: 'Name a profile whose endpoint embeds texts.', cause, mayBePaid },
    );
  return failure;
}
