import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchLine, LineReply } from './batch-job.ts';
import { EMBEDDING_MODEL } from './embeddings.ts';
import type { OfflineTeacherOptions } from './options.ts';
import {
  type Answer,
  answerBody,
  MODEL,
  questionOf,
  requestSchemas,
  type TeacherQuestion,
} from './protocol.ts';
import { createRateLimiter, type RateLimiter } from './rate-limit.ts';
import {
  contextLength,
  type LoggedRefusal,
  overLimit,
  rateLimited,
  serverError,
  unknownModel,
  wrongField,
} from './refusals.ts';
import { digestOfPrompt, digestOfRequest, type RequestLog } from './request-log.ts';
import { type Completion, complete } from './tasks/completion.ts';
import { createRandom, type Random } from './tasks/random.ts';
import { countTokens } from './tasks/tokens.ts';
import { drawTransportFault, type TransportFault } from './transport-faults.ts';

/** A request that was understood, before it is answered. */
export interface ReceivedRequest {
  path: string;
  model: string;
  question: TeacherQuestion;
  /** SHA-256 of the request's canonical JSON */
  digest: string;
  idempotencyKey: string | null;
  /** the batch that it is a line of */
  batch?: string;
}

/** What goes back: an error, or an answer with the fault that it is to be sent with. */
export type Reply =
  | { refused: LoggedRefusal; headers: Record<string, string> }
  | { answer: Answer; fault: TransportFault | null; headers: Record<string, string> };

/** Tokens: of the prompts together, and that each answer may have. */
interface Room {
  promptTokens: number;
  maxTokens: number;
}

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

  async reply(received: ReceivedRequest): Promise<Reply> {
    const room = this.#roomFor(received);
    if ('status' in room) return this.#refuse(received, room);
    const { prompts, n } = received.question;
    const admission = this.#limiter.admit(room.promptTokens + room.maxTokens * prompts.length * n);
    if (!admission.admitted) return this.#refuse(received, overLimit(admission), room.promptTokens);
    const reply = await this.#answer(received, room);
    admission.settle('answer' in reply ? reply.answer.usage.total_tokens : 0);
    return reply;
  }

  /** Answers a line of a batch: no limits of a minute, no waiting, and a share of lines that fail. */
  answerInBatch({ url, body }: BatchLine, batch: string): LineReply {
    const schema = Object.entries(requestSchemas).find(([path]) => path === url)?.[1];
    const checked = schema?.safeParse(body);
    if (!checked?.success) {
      const [issue] = checked?.error.issues ?? [];
      const refused = wrongField(issue?.path.join('.') || 'body', issue?.message ?? 'wrong');
      const { status, body: error } = this.turnAway(url, body, refused);
      return { status, body: error };
    }
    const { data } = checked;
    const received: ReceivedRequest = {
      path: url,
      model: data.model,
      question: questionOf(data),
      digest: digestOfRequest(body),
      idempotencyKey: null,
      batch,
    };
    const room = this.#roomFor(received);
    if ('status' in room) return this.#refuseLine(received, room);
    const { occurrence, weather } = this.#next(received);
    if (weather.chance(this.#options.batch.failedLines))
      return this.#refuseLine(received, serverError(500), room.promptTokens, occurrence);
    return { status: 200, body: answerBody(this.#compose(received, occurrence, room, null)) };
  }

  /** Logs a request that is refused before it is understood, and hands the refusal on. */
  turnAway(path: string, body: unknown, refused: LoggedRefusal): LoggedRefusal {
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

  /** How long the prompts are and an answer may be, or why there is no room for one. */
  #roomFor({ model, question }: ReceivedRequest): Room | LoggedRefusal {
    const { contextTokens } = this.#options;
    const { prompts, maxTokens: wanted } = question;
    const served = question.embedding === null ? MODEL : EMBEDDING_MODEL;
    if (model !== served) return unknownModel(model, served);
    const lengths = prompts.map(countTokens);
    const longest = Math.max(...lengths);
    const left = contextTokens - longest;
    if (left < (wanted ?? 1)) return contextLength(contextTokens, longest, wanted ?? 1);
    return { maxTokens: wanted ?? left, promptTokens: lengths.reduce((sum, length) => sum + length, 0) };
  }

  /** Counts the request, and draws what happens to it. */
  #next({ digest }: ReceivedRequest): { occurrence: number; weather: Random } {
    const occurrence = this.#asked.get(digest) ?? 0;
    this.#asked.set(digest, occurrence + 1);
    return { occurrence, weather: createRandom(`${this.#options.seed}/transport/${digest}/${occurrence}`) };
  }

  async #answer(received: ReceivedRequest, room: Room): Promise<Reply> {
    const { occurrence, weather } = this.#next(received);
    const fault = drawTransportFault(weather, this.#options.faults);
    const headers = this.#limiter.headers();
    await this.#wait(weather, fault);

    if (fault === 'rateLimited')
      return this.#refuse(received, rateLimited(250), room.promptTokens, occurrence);
    if (fault === 'serverError') {
      return this.#refuse(received, serverError(weather.pick([500, 503])), room.promptTokens, occurrence);
    }
    return { answer: this.#compose(received, occurrence, room, fault), fault, headers };
  }

  async #wait(weather: Random, fault: TransportFault | null): Promise<void> {
    const { latencyMs, latencySpreadMs, slowMs } = this.#options;
    const ms = latencyMs + weather.next() * latencySpreadMs + (fault === 'slow' ? slowMs : 0);
    if (ms > 0) await sleep(ms);
  }

  /** Composes an answer, and writes it to the log before it goes out. */
  #compose(received: ReceivedRequest, occurrence: number, room: Room, fault: TransportFault | null): Answer {
    const { question, digest } = received;
    const { promptTokens } = room;
    const completions = this.#completions(received, occurrence, room.maxTokens);
    const completionTokens = completions.reduce((sum, { tokens }) => sum + tokens, 0);
    this.#write(received, { occurrence, status: 200, fault, promptTokens, completionTokens });
    return {
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
  }

  /** A function of seed, request and occurrence alone (none where embeddings are asked for); choices prompt by prompt, as OpenAI orders them. */
  #completions({ question, digest }: ReceivedRequest, occurrence: number, maxTokens: number): Completion[] {
    const { seed, faults, judge } = this.#options;
    if (question.embedding !== null) return [];
    return question.prompts.flatMap((prompt, index) =>
      Array.from({ length: question.n }, (_, choice) => {
        const random = createRandom(`${seed}/content/${digest}/${occurrence}/${index}/${choice}`);
        return complete(prompt, random, { maxTokens, stop: question.stop, faults, judge });
      }),
    );
  }

  #refuseLine(
    received: ReceivedRequest,
    refused: LoggedRefusal,
    promptTokens = 0,
    occurrence = -1,
  ): LineReply {
    this.#refuse(received, refused, promptTokens, occurrence);
    return { status: refused.status, body: refused.body };
  }

  #refuse(received: ReceivedRequest, refused: LoggedRefusal, promptTokens = 0, occurrence = -1): Reply {
    const { status, fault } = refused;
    this.#write(received, { occurrence, status, fault, promptTokens, completionTokens: 0 });
    return { refused, headers: this.#limiter.headers() };
  }

  #write(
    { path, digest, question, idempotencyKey, batch }: ReceivedRequest,
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
      ...(batch === undefined ? {} : { batch }),
    });
  }
}

const ID_PREFIX = { chat: 'chatcmpl', text: 'cmpl', embedding: 'embd' } as const;
