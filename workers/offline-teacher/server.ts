import { setTimeout as sleep } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { type Completion, complete } from '../../activities/teacher/offline/completion.ts';
import { createRandom } from '../../activities/teacher/offline/random.ts';
import { countTokens } from '../../activities/teacher/offline/tokens.ts';
import { type OfflineTeacherOptions, offlineTeacherOptions } from './options.ts';
import {
  answerBody,
  chatRequest,
  completionRequest,
  errorBody,
  FINGERPRINT,
  MODEL,
  type Question,
  questionOf,
  type Usage,
} from './protocol.ts';
import { createRateLimiter } from './rate-limit.ts';
import { digestOfPrompt, digestOfRequest, openRequestLog } from './request-log.ts';
import { sendBroken, sendStream } from './sending.ts';
import { drawTransportFault, type TransportFault } from './transport-faults.ts';

export interface OfflineTeacher {
  /** the base URL for an OpenAI client, ending in /v1 */
  url: string;
  /** Stops listening, drops open connections and closes the log. */
  close(): Promise<void>;
}

/**
 * Starts the offline teacher: an OpenAI-compatible server that composes its answers and is no language
 * model. Throws AlpacaError `Configuration` on wrong options, on a port in use and on a log it cannot open.
 */
export async function startOfflineTeacher(
  options: z.input<typeof offlineTeacherOptions> = {},
): Promise<OfflineTeacher> {
  const checked = offlineTeacherOptions.safeParse(options);
  if (!checked.success) {
    throw new AlpacaError(
      'Configuration',
      `The offline teacher's options are wrong: ${z.prettifyError(checked.error)}`,
    );
  }
  const log = openLog(checked.data.log);
  const app = Fastify({ logger: false, bodyLimit: 8 << 20, forceCloseConnections: true });
  new Teacher(checked.data, log).serve(app);
  app.addHook('onClose', () => log.close());
  try {
    return { url: `${await app.listen(checked.data)}/v1`, close: () => app.close() };
  } catch (error) {
    log.close();
    throw new AlpacaError(
      'Configuration',
      `The offline teacher cannot listen: ${(error as Error).message}.`,
      {
        remedy: 'Choose another --port, or 0 for any free one.',
        cause: error,
      },
    );
  }
}

interface Asking {
  path: string;
  question: Question;
  digest: string;
  idempotencyKey: string | null;
  promptTokens: number;
}

class Teacher {
  readonly #options: OfflineTeacherOptions;
  readonly #log: ReturnType<typeof openRequestLog>;
  readonly #limiter: ReturnType<typeof createRateLimiter>;
  /** how often each request was asked, by its digest */
  readonly #asked = new Map<string, number>();

  constructor(options: OfflineTeacherOptions, log: ReturnType<typeof openRequestLog>) {
    this.#options = options;
    this.#log = log;
    this.#limiter = createRateLimiter({
      requests: options.requestsPerMinute,
      tokens: options.tokensPerMinute,
      windowMs: options.limitWindowMs,
    });
  }

  serve(app: FastifyInstance): void {
    const model = { id: MODEL, object: 'model', created: 0, owned_by: 'offline (no language model)' };
    app.get('/health', () => ({ status: 'ok', model: MODEL, fingerprint: FINGERPRINT }));
    app.get('/v1/models', () => ({ object: 'list', data: [model] }));
    app.get<{ Params: { id: string } }>('/v1/models/:id', (request, reply) =>
      request.params.id === MODEL ? model : reply.code(404).send(unknownModel(request.params.id)),
    );
    app.post('/v1/chat/completions', (request, reply) => this.#receive(request, reply, chatRequest));
    app.post('/v1/completions', (request, reply) => this.#receive(request, reply, completionRequest));
    app.setNotFoundHandler((request, reply) =>
      reply
        .code(404)
        .send(errorBody(`There is no ${request.method} ${request.url}.`, 'invalid_request_error', null)),
    );
    app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) =>
      reply.code(error.statusCode ?? 500).send(errorBody(error.message, 'invalid_request_error', null)),
    );
  }

  async #receive(
    request: FastifyRequest,
    reply: FastifyReply,
    schema: typeof chatRequest | typeof completionRequest,
  ): Promise<FastifyReply> {
    const { apiKey, contextTokens } = this.#options;
    if (apiKey !== null && request.headers.authorization !== `Bearer ${apiKey}`) {
      return reply
        .code(401)
        .send(errorBody('Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'));
    }
    const body = schema.safeParse(request.body);
    if (!body.success) {
      const [issue] = body.error.issues;
      const field = issue?.path.join('.') || 'body';
      return reply
        .code(400)
        .send(errorBody(`${field}: ${issue?.message}`, 'invalid_request_error', null, field));
    }
    const question = questionOf(body.data);
    const key = request.headers['idempotency-key'];
    const asking: Asking = {
      path: request.url,
      question,
      digest: digestOfRequest(request.body),
      idempotencyKey: typeof key === 'string' ? key : null,
      promptTokens: question.prompts.reduce((sum, prompt) => sum + countTokens(prompt), 0),
    };
    if (body.data.model !== MODEL) {
      return this.#refuse(asking, reply, 404, 'unknownModel', unknownModel(body.data.model));
    }
    const longest = Math.max(...question.prompts.map(countTokens));
    if (longest + (question.maxTokens ?? 1) > contextTokens) {
      const message = `This model's maximum context length is ${contextTokens} tokens, however you requested ${
        longest + (question.maxTokens ?? 1)
      } tokens (${longest} in your prompt; ${question.maxTokens ?? 1} for the completion). Please reduce your prompt; or completion length.`;
      const error = errorBody(message, 'invalid_request_error', 'context_length_exceeded');
      return this.#refuse(asking, reply, 400, 'contextLength', error);
    }
    const maxTokens = question.maxTokens ?? contextTokens - longest;
    const admission = this.#limiter.admit(
      asking.promptTokens + maxTokens * question.prompts.length * question.n,
    );
    reply.headers(this.#limiter.headers());
    if (!admission.admitted) {
      if (admission.retryAfterMs !== null) reply.headers(retryAfter(admission.retryAfterMs));
      const what = admission.reason === 'too large' ? 'Request too large for' : 'Rate limit reached for';
      const error = errorBody(
        `${what} ${MODEL} (${admission.reason === 'requests' ? 'requests' : 'tokens'} per minute).`,
        admission.reason === 'requests' ? 'requests' : 'tokens',
        'rate_limit_exceeded',
      );
      return this.#refuse(asking, reply, 429, 'limit', error);
    }
    const used = await this.#answer(asking, maxTokens, reply);
    admission.settle(used);
    return reply;
  }

  /** Answers an admitted request; returns the tokens that it used. */
  async #answer(asking: Asking, maxTokens: number, reply: FastifyReply): Promise<number> {
    const { question, digest, promptTokens } = asking;
    const occurrence = this.#asked.get(digest) ?? 0;
    this.#asked.set(digest, occurrence + 1);
    const { seed, latencyMs, latencySpreadMs, slowMs, faults } = this.#options;
    const weather = createRandom(`${seed}/transport/${digest}/${occurrence}`);
    const fault = drawTransportFault(weather, faults);
    await sleep(latencyMs + weather.next() * latencySpreadMs + (fault === 'slow' ? slowMs : 0));

    if (fault === 'rateLimited') {
      reply.headers(retryAfter(250));
      this.#refuse(
        asking,
        reply,
        429,
        fault,
        errorBody('Rate limit reached.', 'requests', 'rate_limit_exceeded'),
        occurrence,
      );
      return 0;
    }
    if (fault === 'serverError') {
      const status = weather.pick([500, 503]);
      const error = errorBody('The server had an error while processing your request.', 'server_error', null);
      this.#refuse(asking, reply, status, fault, error, occurrence);
      return 0;
    }
    const completions = this.#compose(asking, occurrence, maxTokens);
    const completionTokens = completions.reduce((sum, { tokens }) => sum + tokens, 0);
    const usage: Usage = {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    };
    this.#write(asking, occurrence, 200, fault, completionTokens);
    const id = `${question.kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${digest.slice(0, 16)}-${occurrence}`;
    const created = Math.floor(Date.now() / 1000);
    const choices = fault === 'emptyChoices' ? [] : completions;
    if (question.stream) sendStream(reply, question, id, created, choices, usage, fault);
    else {
      const whole = answerBody(question.kind, id, created, choices, usage);
      if (fault === 'cutConnection' || fault === 'malformedBody') sendBroken(reply, whole, fault);
      else reply.send(whole);
    }
    return promptTokens + completionTokens;
  }

  /** A function of the seed, the request and its occurrence alone; choices in OpenAI's order, prompt by prompt. */
  #compose({ question, digest }: Asking, occurrence: number, maxTokens: number): Completion[] {
    const { seed, faults, judge } = this.#options;
    return question.prompts.flatMap((prompt, index) =>
      Array.from({ length: question.n }, (_, choice) => {
        const random = createRandom(`${seed}/content/${digest}/${occurrence}/${index}/${choice}`);
        return complete(prompt, random, { maxTokens, stop: question.stop, faults, judge });
      }),
    );
  }

  #refuse(
    asking: Asking,
    reply: FastifyReply,
    status: number,
    fault: string,
    body: ReturnType<typeof errorBody>,
    occurrence = -1,
  ): FastifyReply {
    this.#write(asking, occurrence, status, fault, 0);
    return reply.code(status).send(body);
  }

  /** Always before the answer is sent: what a client has, the log has. */
  #write(
    asking: Asking,
    occurrence: number,
    status: number,
    fault: TransportFault | string | null,
    completionTokens: number,
  ) {
    this.#log.append({
      time: new Date().toISOString(),
      path: asking.path,
      request: asking.digest,
      prompts: asking.question.prompts.map(digestOfPrompt),
      occurrence,
      status,
      fault,
      promptTokens: asking.promptTokens,
      completionTokens,
      idempotencyKey: asking.idempotencyKey,
    });
  }
}

function retryAfter(ms: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(ms / 1000)), 'retry-after-ms': String(ms) };
}

function unknownModel(name: string): ReturnType<typeof errorBody> {
  return errorBody(
    `The model ${name} does not exist here; there is only ${MODEL}.`,
    'invalid_request_error',
    'model_not_found',
    'model',
  );
}

function openLog(path: string | null): ReturnType<typeof openRequestLog> {
  try {
    return openRequestLog(path);
  } catch (error) {
    throw new AlpacaError('Configuration', `The log ${path} cannot be opened: ${(error as Error).message}.`, {
      remedy: 'Name a path in a folder that exists and may be written to.',
      cause: error,
    });
  }
}
