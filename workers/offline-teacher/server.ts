import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { serveBatches } from './batches.ts';
import { EMBEDDING_MODEL, embeddingRequest } from './embeddings.ts';
import { Files, serveFiles } from './files.ts';
import { type OfflineTeacherOptions, offlineTeacherOptions } from './options.ts';
import {
  chatRequest,
  completionRequest,
  FINGERPRINT,
  MODEL,
  questionOf,
  questionOfEmbedding,
  type TeacherQuestion,
} from './protocol.ts';
import { type LoggedRefusal, notFound, unknownModel, unreadable, wrongField, wrongKey } from './refusals.ts';
import { digestOfRequest, openRequestLog, type RequestLog } from './request-log.ts';
import { sendAnswer } from './sending.ts';
import { type ReceivedRequest, Teacher } from './teacher.ts';

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
  const settings = checkOptions(options);
  const log = openLog(settings.log);
  const app = Fastify({ logger: false, bodyLimit: LARGEST_BODY, forceCloseConnections: true });
  serve(app, settings, log);
  app.addHook('onClose', () => log.close());
  try {
    return { url: `${await app.listen(settings)}/v1`, close: () => app.close() };
  } catch (error) {
    await app.close();
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

/** Bytes; a request of 256 long prompts stays far below. */
const LARGEST_BODY = 8 << 20;

function serve(app: FastifyInstance, options: OfflineTeacherOptions, log: RequestLog): void {
  const { apiKey } = options;
  const teacher = new Teacher(options, log);
  const files = new Files();
  const models = [MODEL, EMBEDDING_MODEL].map((id) => ({
    ...{ id, object: 'model', created: 0, owned_by: 'offline (no language model)' },
  }));
  app.get('/health', () => ({ status: 'ok', model: MODEL, fingerprint: FINGERPRINT }));
  app.get('/v1/models', () => ({ object: 'list', data: models }));
  app.get<{ Params: { id: string } }>('/v1/models/:id', ({ params }, reply) => {
    const model = models.find(({ id }) => id === params.id);
    return model ? reply.send(model) : refuse(reply, unknownModel(params.id));
  });
  for (const [path, schema] of Object.entries(ENDPOINTS)) {
    app.post(path, (request, reply) => answer(request, reply, schema, teacher, apiKey));
  }
  app.register(async (jobs) => {
    jobs.addHook('onRequest', async ({ url, headers }, reply) => {
      if (apiKey !== null && headers.authorization !== `Bearer ${apiKey}`)
        await refuse(reply, teacher.turnAway(url, null, wrongKey()));
    });
    serveFiles(jobs, files);
    serveBatches(jobs, { files, teacher, log, options: options.batch });
  });
  app.setNotFoundHandler(({ method, url, body }, reply) =>
    refuse(reply, teacher.turnAway(url, body, notFound(`${method} ${url}`))),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, { url }, reply) =>
    refuse(reply, teacher.turnAway(url, null, unreadable(error.statusCode ?? 500, error.message))),
  );
}

interface Understood {
  model: string;
  question: TeacherQuestion;
}

const completing = (request: z.infer<typeof chatRequest> | z.infer<typeof completionRequest>) => ({
  model: request.model,
  question: questionOf(request),
});

const ENDPOINTS: Record<string, z.ZodType<Understood>> = {
  '/v1/chat/completions': chatRequest.transform(completing),
  '/v1/completions': completionRequest.transform(completing),
  '/v1/embeddings': embeddingRequest.transform((request) => ({
    model: request.model,
    question: questionOfEmbedding(request),
  })),
};

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: z.ZodType<Understood>,
  teacher: Teacher,
  apiKey: string | null,
): Promise<FastifyReply> {
  const turnAway = (refusal: LoggedRefusal) =>
    refuse(reply, teacher.turnAway(request.url, request.body, refusal));
  if (apiKey !== null && request.headers.authorization !== `Bearer ${apiKey}`) return turnAway(wrongKey());
  const body = schema.safeParse(request.body);
  if (!body.success) {
    const [issue] = body.error.issues;
    return turnAway(wrongField(issue?.path.join('.') || 'body', issue?.message ?? 'wrong'));
  }
  const key = request.headers['idempotency-key'];
  const received: ReceivedRequest = {
    path: request.url,
    ...body.data,
    digest: digestOfRequest(request.body),
    idempotencyKey: typeof key === 'string' ? key : null,
  };
  const replied = await teacher.reply(received);
  reply.headers(replied.headers);
  if ('refused' in replied) return refuse(reply, replied.refused);
  sendAnswer(reply, received.question, replied.answer, replied.fault);
  return reply;
}

function refuse(reply: FastifyReply, { status, headers, body }: LoggedRefusal): FastifyReply {
  return reply
    .code(status)
    .headers(headers ?? {})
    .send(body);
}

function checkOptions(options: z.input<typeof offlineTeacherOptions>): OfflineTeacherOptions {
  const checked = offlineTeacherOptions.safeParse(options);
  if (checked.success) return checked.data;
  throw new AlpacaError(
    'Configuration',
    `The offline teacher's options are wrong: ${z.prettifyError(checked.error)}`,
  );
}

function openLog(path: string | null): RequestLog {
  try {
    return openRequestLog(path);
  } catch (error) {
    throw new AlpacaError('Configuration', `The log ${path} cannot be opened: ${(error as Error).message}.`, {
      remedy: 'Name a path in a folder that exists and may be written to.',
      cause: error,
    });
  }
}
