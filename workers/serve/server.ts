import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AlpacaError } from '../../activities/errors.ts';
import { log } from '../../activities/log.ts';
import { type Refusal, refusal } from '../openai-answers.ts';
import { withoutPaths } from '../without-paths.ts';
import { admitKnown, limitVisitors } from './admission.ts';
import { answer } from './answer/answering.ts';
import type { Envelope } from './answer/bodies.ts';
import { openEvents } from './answer/event-stream.ts';
import { sendStream, sendWhole } from './answer/sending.ts';
import { serveChatPage } from './chat-page.ts';
import type { FineTuning } from './fine-tuning/fine-tuning.ts';
import { ModelsUnreachable, type ServedModels } from './models.ts';
import type { ServedModel } from './open-model.ts';
import { Refused } from './openai-errors.ts';
import { busy, inTraining, unknownModel, unreachable, wrongField } from './refusals.ts';
import {
  chatQuestion,
  chatRequest,
  completionQuestion,
  completionRequest,
  type ModelQuestion,
} from './request/protocol.ts';
import { createTurns, type Turns } from './turns.ts';

export interface ServeOptions {
  models: ServedModels;
  host: string;
  /** 0: any free one */
  port: number;
  /** what a client must send as its API key; null only on loopback */
  token: string | null;
  /** addresses of proxies whose X-Forwarded-For is believed; null: nobody's is */
  trustedProxies?: string | null;
  /** the web service that the chat page's header leads to; null: there is none */
  webUrl?: string | null;
  /** files and fine-tuning jobs; absent where there is no Temporal server */
  fineTuning?: Pick<FineTuning, 'routes' | 'visitorOf'>;
  /** how long a stream may be silent before it shows that it is alive, in milliseconds */
  keepAliveMs?: number;
  /** how long a request may take to come, an upload aside, in milliseconds */
  requestWithinMs?: number;
}

export interface ModelServer {
  /** where it listens, without a path: the chat page; the API's base URL is this and `/v1` */
  url: string;
  close(): Promise<void>;
}

/** Requests decoded at once; each further one slows all of them, so the rest waits. */
const AT_ONCE = 8;
const MOST_WAITING = 64;

/** Under the 30 to 60 seconds after which proxies close a connection that says nothing. */
const KEEP_ALIVE_MS = 15_000;

/** Bytes: far more than fits any context here. */
const LARGEST_BODY = 1 << 20;
const REQUEST_WITHIN_MS = 30_000;
/** Of a hundred megabytes, at a megabit and a half a second. */
const UPLOAD_WITHIN_MS = 10 * 60_000;

/**
 * Starts an OpenAI-compatible server of trained models, with the chat page at `/`.
 *
 * @throws AlpacaError Configuration where it cannot listen, or would be reachable by others without a token
 */
export async function startModelServer({
  models,
  host,
  port,
  token,
  trustedProxies = null,
  webUrl = null,
  fineTuning,
  keepAliveMs = KEEP_ALIVE_MS,
  requestWithinMs = REQUEST_WITHIN_MS,
}: ServeOptions): Promise<ModelServer> {
  const app = fastify({
    bodyLimit: LARGEST_BODY,
    requestTimeout: fineTuning === undefined ? requestWithinMs : UPLOAD_WITHIN_MS,
    forceCloseConnections: true,
    trustProxy: trustedProxies ?? false,
  });
  await app.register(helmet, { contentSecurityPolicy: CONTENT_POLICY, strictTransportSecurity: false });
  boundBodies(app, requestWithinMs);
  admitKnown(app, { host, token, visitorOf: fineTuning?.visitorOf });
  if (fineTuning !== undefined) await limitVisitors(app);
  const turns = createTurns(AT_ONCE, MOST_WAITING);
  serveApi(app, { models, turns, keepAliveMs });
  await serveChatPage(app, models, webUrl);
  if (fineTuning !== undefined) await app.register(fineTuning.routes);
  try {
    return { url: await app.listen({ host, port }), close: () => app.close() };
  } catch (error) {
    await app.close();
    throw new AlpacaError('Configuration', `The server cannot listen: ${(error as Error).message}.`, {
      remedy: 'Choose another port (--port, ALPACA_SERVE_PORT of a worker), or 0 for any free one.',
      cause: error,
    });
  }
}

/** Ends a request whose body is not read in time; a form is read by its route, and has the server's own bound. */
function boundBodies(app: FastifyInstance, withinMs: number): void {
  const coming = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  const hasCome = async (request: FastifyRequest) => clearTimeout(coming.get(request));
  app.addHook('onRequest', async (request) => {
    coming.set(
      request,
      setTimeout(() => request.raw.destroy(), withinMs),
    );
  });
  app.addHook('preValidation', hasCome);
  app.addHook('onResponse', hasCome);
  app.addHook('onRequestAbort', hasCome);
}

const CONTENT_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ['data:'],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** What every answer is made with. */
interface Room {
  models: ServedModels;
  turns: Turns;
  keepAliveMs: number;
}

function serveApi(app: FastifyInstance, room: Room): void {
  const { models } = room;
  app.get('/health', async () => ({ status: 'ok', ...(await namesNow(models)) }));
  app.get('/v1/models', async () => ({ object: 'list', data: (await models.names()).map(modelBody) }));
  app.get<{ Params: { '*': string } }>('/v1/models/*', async ({ params: { '*': name } }, reply) => {
    if (await models.has(name)) return reply.send(modelBody(name));
    return refuse(reply, await missing(name, models));
  });
  app.post('/v1/chat/completions', (request, reply) =>
    respond(request, reply, (body) => checked(chatRequest, body, chatQuestion), room),
  );
  app.post('/v1/completions', (request, reply) =>
    respond(request, reply, (body) => checked(completionRequest, body, completionQuestion), room),
  );
  app.setNotFoundHandler(({ method, url }, reply) =>
    refuse(reply, refusal(404, `There is no ${method} ${url.split('?')[0]}.`)),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    if (error instanceof Refused) return refuse(reply, error.refusal);
    if (error instanceof ModelsUnreachable) return refuse(reply, unreachable(error.message));
    const status = error.statusCode ?? 500;
    if (status >= 500) log.failure(error);
    const message =
      status < 500 || error instanceof AlpacaError
        ? withoutPaths(error.message)
        : 'The server failed; its log says why.';
    return refuse(reply, refusal(status, message, status < 500 ? {} : { type: 'server_error' }));
  });
}

async function missing(name: string, models: ServedModels): Promise<Refusal> {
  const about = await models.about(name);
  return about?.state === 'training' ? inTraining(name) : unknownModel(name, await models.names());
}

/** A server without its models is alive all the same. */
async function namesNow(models: ServedModels) {
  try {
    return { models: await models.names() };
  } catch (error) {
    if (error instanceof ModelsUnreachable) return { models: null, reason: error.message };
    throw error;
  }
}

function modelBody(name: string) {
  return { id: name, object: 'model', created: 0, owned_by: 'alpaca' };
}

async function respond(
  request: FastifyRequest,
  reply: FastifyReply,
  read: (body: unknown) => ModelQuestion | { refused: Refusal },
  room: Room,
): Promise<FastifyReply> {
  const question = read(request.body);
  if ('refused' in question) return refuse(reply, question.refused);
  // Before the model is waited for, which may take a minute to load.
  const gone = whenGone(reply);
  const taken = await room.models.take(question.model);
  if (taken === undefined) return refuse(reply, await missing(question.model, room.models));
  try {
    return await respondBy(taken.model, question, { reply, gone }, room);
  } finally {
    taken.release();
  }
}

async function respondBy(
  model: ServedModel,
  question: ModelQuestion,
  { reply, gone }: { reply: FastifyReply; gone: AbortSignal },
  { turns, keepAliveMs }: Room,
): Promise<FastifyReply> {
  const begun = await answer(question, model);
  if ('refused' in begun) return refuse(reply, begun.refused);
  if (gone.aborted) return reply.hijack();
  if (turns.full) return refuse(reply, busy(turns.waiting));
  const events = question.stream ? openEvents(reply, keepAliveMs) : null;
  if ((await turns.take(gone)) === 'gone') return reply.hijack();
  const envelope: Envelope = {
    kind: question.kind,
    id: `${question.kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model,
    droppedMessages: begun.droppedMessages,
  };
  try {
    if (events !== null) await sendStream(events, envelope, begun, question.streamUsage, gone);
    else await sendWhole(reply, envelope, begun, gone);
  } finally {
    turns.give();
  }
  return reply;
}

/** Aborted once the client has gone away, be it before this is asked. */
function whenGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const leave = () => gone.abort(new Error('the client went away'));
  if (raw.destroyed) leave();
  else raw.once('close', leave);
  return gone.signal;
}

function checked<Body>(
  schema: z.ZodType<Body>,
  body: unknown,
  read: (body: Body) => ModelQuestion,
): ModelQuestion | { refused: Refusal } {
  const result = schema.safeParse(body);
  if (result.success) return read(result.data);
  const [issue] = result.error.issues.map(innermost);
  const keys = issue?.code === 'unrecognized_keys' ? [issue.keys.join(', ')] : [];
  const path = [...(issue?.path ?? []), ...keys].join('.');
  return { refused: wrongField(path || 'body', meaning(issue)) };
}

/** Of the forms that a field may have, what is wrong in the one that it comes nearest to, by its full path. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inside = issue.errors.flatMap(([first]) => (first ? [innermost(first)] : []));
  const [deepest] = inside.sort((one, other) => other.path.length - one.path.length);
  const isInside = deepest !== undefined && (deepest.path.length > 0 || deepest.code === 'unrecognized_keys');
  return isInside ? { ...deepest, path: [...issue.path, ...deepest.path] } : issue;
}

/** A field that is known but fixed here, one that is not known, or one of the wrong form. */
function meaning(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'unrecognized_keys') return 'this server does not take this parameter';
  if (issue?.code === 'invalid_value')
    return `this server only takes ${issue.values.map((value) => JSON.stringify(value)).join(' or ')} here`;
  return issue?.message ?? 'not in the form of a request';
}

function refuse(reply: FastifyReply, { status, headers = {}, body }: Refusal): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}
