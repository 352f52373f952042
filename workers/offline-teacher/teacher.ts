import { setTimeout as sleep } from 'node:timers/promises';
import { type Completion, complete } from '../../activities/teacher/offline/completion.ts';
import { createRandom, type Random } from '../../activities/teacher/offline/random.ts';
import { countTokens } from '../../activities/teacher/offline/tokens.ts';
import { EMBEDDING_MODEL } from './embeddings.ts';
import type { OfflineTeacherOptions } from './options.ts';
import { type Answer, MODEL, type Question } from './protocol.ts';
import { createRateLimiter, type RateLimiter } from './rate-limit.ts';
import {
  contextLength,
  overLimit,
  type Refusal,
  rateLimited,
  serverError,
  unknownModel,
} from './refusals.ts';
import { digestOfPrompt, digestOfRequest, type RequestLog } from './request-log.ts';
import { drawTransportFault, type TransportFault } from './transport-faults.ts';

/** A request that was understood, before it is answered. */
export interface Asking {
  path: string;
  model: string;
  question: Question;
  /** SHA-256 of the request's canonical JSON */
  digest: string;
  idempotencyKey: string | null;
}

/** What goes back: an error, or an answer with the fault that it is to be sent with. */
export type Reply =
  | { refused: Refusal; headers: Record<string, string> }
  | { answer: Answer; fault: TransportFault | null; headers: Record<string, string> };

/**
 * The teacher behind the server: it knows its limits, counts how often each request was asked, and writes
 * to its log before it lets a reply go.
 */
export class Teacher {
  readonly #options: OfflineTeacherOptions;
  readonly #log: RequestLog;
  readonly #limiter: RateLimiter;
  /** how often each request was asked, by its digest */
  readonly #asked = new Map<string, number>();

  constructor(options: OfflineTeacherOptions, log: RequestLog) {
    this.#options = options;
    this.#log = log;
    this.#limiter = createRateLimiter({
      requests: options.requestsPerMinute,
      tokens: options.tokensPerMinute,
      windowMs: options.limitWindowMs,
    });
  }

  async reply(asking: Asking): Promise<Reply> {
    const { contextTokens } = this.#options;
    const { prompts, n, maxTokens: wanted } = asking.question;
    const model = asking.question.embedding === null ? MODEL : EMBEDDING_MODEL;
    if (asking.model !== model) return this.#refuse(asking, unknownModel(asking.model, model));
    const lengths = prompts.map(countTokens);
    const longest = Math.max(...lengths);
    const room = contextTokens - longest;
    if (room < (wanted ?? 1)) return this.#refuse(asking, contextLength(contextTokens, longest, wanted ?? 1));

    const maxTokens = wanted ?? room;
    const promptTokens = lengths.reduce((sum, length) => sum + length, 0);
    const admission = this.#limiter.admit(promptTokens + maxTokens * prompts.length * n);
    if (!admission.admitted) return this.#refuse(asking, overLimit(admission), promptTokens);
    const reply = await this.#answer(asking, promptTokens, maxTokens);
    admission.settle('answer' in reply ? reply.answer.usage.total_tokens : 0);
    return reply;
  }

  /** Logs a request that is refused before it is understood, and hands the refusal on. */
  turnAway(path: string, body: unknown, refused: Refusal): Refusal {
    const { status, fault } = refused;
    this.#log.append({
      time: new Date().toISOString(),
      path,
      request: digestOfRequest(body ?? null),
      prompts: [],
      occurrence: -1,
      status,
      fault,
      promptTokens: 0,
      completionTokens: 0,
      idempotencyKey: null,
    });
    return refused;
  }

  async #answer(asking: Asking, promptTokens: number, maxTokens: number): Promise<Reply> {
    const { question, digest } = asking;
    const { seed, faults } = this.#options;
    const occurrence = this.#asked.get(digest) ?? 0;
    this.#asked.set(digest, occurrence + 1);
    const weather = createRandom(`${seed}/transport/${digest}/${occurrence}`);
    const fault = drawTransportFault(weather, faults);
    const headers = this.#limiter.headers();
    await this.#wait(weather, fault);

    if (fault === 'rateLimited') return this.#refuse(asking, rateLimited(250), promptTokens, occurrence);
    if (fault === 'serverError') {
      return this.#refuse(asking, serverError(weather.pick([500, 503])), promptTokens, occurrence);
    }
    const completions = this.#compose(asking, occurrence, maxTokens);
    const completionTokens = completions.reduce((sum, { tokens }) => sum + tokens, 0);
    this.#write(asking, { occurrence, status: 200, fault, promptTokens, completionTokens });
    const answer: Answer = {
      kind: question.kind,
      id: `${ID_PREFIX[question.kind]}-${digest.slice(0, 16)}-${occurrence}`,
      created: Math.floor(Date.now() / 1000),
      completions: fault === 'emptyChoices' ? [] : completions,
      embedded: question.embedding === null || fault === 'emptyChoices' ? [] : question.prompts,
      embedding: question.embedding,
      usage: {
        prompt_tokens: promptTokens,
        completion_tokens: completionTokens,
        total_tokens: promptTokens + completionTokens,
      },
    };
    return { answer, fault, headers };
  }

  async #wait(weather: Random, fault: TransportFault | null): Promise<void> {
    const { latencyMs, latencySpreadMs, slowMs } = this.#options;
    const ms = latencyMs + weather.next() * latencySpreadMs + (fault === 'slow' ? slowMs : 0);
    if (ms > 0) await sleep(ms);
  }

  /** A function of seed, request and occurrence alone (none where embeddings are asked for); choices prompt by prompt, as OpenAI orders them. */
  #compose({ question, digest }: Asking, occurrence: number, maxTokens: number): Completion[] {
    const { seed, faults, judge } = this.#options;
    if (question.embedding !== null) return [];
    return question.prompts.flatMap((prompt, index) =>
      Array.from({ length: question.n }, (_, choice) => {
        const random = createRandom(`${seed}/content/${digest}/${occurrence}/${index}/${choice}`);
        return complete(prompt, random, { maxTokens, stop: question.stop, faults, judge });
      }),
    );
  }

  #refuse(asking: Asking, refused: Refusal, promptTokens = 0, occurrence = -1): Reply {
    const { status, fault } = refused;
    this.#write(asking, { occurrence, status, fault, promptTokens, completionTokens: 0 });
    return { refused, headers: this.#limiter.headers() };
  }

  #write(
    { path, digest, question, idempotencyKey }: Asking,
    outcome: {
      occurrence: number;
      status: number;
      fault: string | null;
      promptTokens: number;
      completionTokens: number;
    },
  ): void {
    this.#log.append({
      time: new Date().toISOString(),
      path,
      request: digest,
      prompts: question.prompts.map(digestOfPrompt),
      ...outcome,
      idempotencyKey,
    });
  }
}

const ID_PREFIX = { chat: 'chatcmpl', text: 'cmpl', embedding: 'embd' } as const;
