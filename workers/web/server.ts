import { readFile } from 'node:fs/promises';
import helmet from '@fastify/helmet';
import rateLimit, { type RateLimitOptions } from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { keepingOpened } from '../../activities/artifacts/stores/opened.ts';
import { siteStyle } from '../../activities/document/site.ts';
import { log } from '../../activities/log.ts';
import { belowCaller } from '../../activities/tracing.ts';
import { tokenReader } from '../runs/access/tokens.ts';
import { ON_THIS_MACHINE } from '../runs/access/visitor.ts';
import { type Explained, explain, serverSaid } from '../runs/explain.ts';
import { followedRuns } from '../runs/followed-runs.ts';
import type { RunSource } from '../runs/runs.ts';
import type { RunSteering } from '../runs/steering.ts';
import { ASKS_FOR_TOKEN, admitVisitors, knowVisitors, seatIn } from './admission.ts';
import { serveApi } from './api/api-routes.ts';
import { API } from './api/operation.ts';
import { PROBLEM_TYPE, problemOf } from './api/problem.ts';
import { serveArtifacts } from './artifact-routes.ts';
import { agentRunOf } from './mcp/agent-run.ts';
import { serveMcp } from './mcp/mcp-routes.ts';
import { errorPage } from './page.ts';
import type { RunsPlace } from './place.ts';
import { createRatingItems } from './rating/rating-items.ts';
import { serveRatings } from './rating/rating-routes.ts';
import type { RatingSource } from './rating/ratings.ts';
import { serveRuns } from './runs/run-routes.ts';
import { serveSchemas } from './schema-routes.ts';
import { serveSite } from './site-routes.ts';

export interface WebService {
  runs: RunSource;
  steering: RunSteering;
  ratings: RatingSource;
  store: ArtifactStore;
  place: RunsPlace;
  /** where it will listen: decides which Host headers are answered */
  host: string;
  token: string | null;
  ratersToken: string | null;
  /** addresses of proxies whose X-Forwarded-For is believed; null: nobody's is */
  trustedProxies?: string | null;
  /** what the server of models asks for; null: nothing */
  chatToken?: string | null;
  /** requests a minute from one address */
  requestsPerMinute?: number;
  /** the same, by one token */
  requestsPerMinuteByToken?: number;
  /** the same, of rating pages */
  ratingRequestsPerMinute?: number;
}

/** Pages are told of changes, and do not ask. */
const REQUESTS_PER_MINUTE = 600;
/** A program that starts twenty runs a second, and follows some. */
const REQUESTS_PER_MINUTE_BY_TOKEN = 6000;
/** Raters may all come from one address: 100 votes a second, each with a text to fetch. */
const RATING_REQUESTS_PER_MINUTE = 18_000;

/** The web service, not yet listening: pages of runs and files, the API, and rating pages with their votes. */
export async function createWebService(service: WebService): Promise<FastifyInstance> {
  const app = fastify({
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: false },
    bodyLimit: 1024,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    trustProxy: service.trustedProxies ?? false,
    frameworkErrors: (error, request, reply) => fail(request, reply, explain(error)),
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // It is served over plain HTTP; what puts TLS before it can add this.
    strictTransportSecurity: false,
  });
  const items = createRatingItems(service.ratings, service.store);
  const isOfRater = ({ url }: FastifyRequest) => {
    const seat = seatIn(url);
    return url.startsWith('/assets/') || (seat !== null && items.isKnown(seat.rating, seat.key));
  };
  const doors = { ...service, visitorOf: tokenReader(service.store) };
  knowVisitors(app, doors);
  // Before admission, so that whoever is refused is counted too.
  await app.register(rateLimit, { global: false, allowList: ({ url }) => url === '/health' });
  app.addHook('onRequest', app.rateLimit(limitOf(service, isOfRater)));
  admitVisitors(app, doors);
  // What a page opens of the store stays until it is sent.
  app.addHook('onRequest', (_, reply, done) => {
    void keepingOpened(() => {
      const sent = new Promise<void>((resolve) => reply.raw.once('close', resolve));
      done();
      return sent;
    });
  });
  app.addHook('preHandler', ({ headers }, _, done) => belowCaller(headers, done));
  app.addHook('onSend', async (_, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.setErrorHandler((error, request, reply) => {
    const explained = explain(error);
    if (explained.status === 500) log.failure(error, serverSaid(error));
    return fail(request, reply, explained);
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `There is nothing at ${request.url.split('?')[0]}.`;
    return fail(request, reply, { status: 404, message, code: null, fields: [] });
  });
  // Nothing but JSON is taken.
  app.removeContentTypeParser('text/plain');

  serveSite(app, service);
  serveRuns(app, { ...service, doors });
  serveApi(app, { ...service, doors });
  serveMcp(app, {
    ...{ runs: service.runs, steering: service.steering, store: service.store },
    followed: followedRuns(async (id) => agentRunOf(await service.runs.view(id))),
    chat: { url: service.place.chatUrl, token: service.chatToken ?? null },
  });
  serveRatings(app, { ratings: service.ratings, items });
  serveArtifacts(app, service.store);
  serveSchemas(app);
  await serveAssets(app);
  app.get('/health', async () => ({
    status: 'ok',
    temporal: (await service.runs.reachable()) ? 'reachable' : 'unreachable',
  }));
  return app;
}

const ASSETS = {
  'run.js': 'text/javascript; charset=utf-8',
  'steer.js': 'text/javascript; charset=utf-8',
  'start.js': 'text/javascript; charset=utf-8',
  'api.js': 'text/javascript; charset=utf-8',
  'rating.js': 'text/javascript; charset=utf-8',
  'rating-requests.js': 'text/javascript; charset=utf-8',
  'rating-votes.js': 'text/javascript; charset=utf-8',
  'rating.css': 'text/css; charset=utf-8',
};

async function serveAssets(app: FastifyInstance): Promise<void> {
  const serve = (name: string, type: string, content: Buffer | string) =>
    app.get(`/assets/${name}`, async (_, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(content),
    );
  serve('style.css', 'text/css; charset=utf-8', await siteStyle());
  for (const [name, type] of Object.entries(ASSETS))
    serve(name, type, await readFile(new URL(`assets/${name}`, import.meta.url)));
}

/** A token has a bound of its own, wherever it is used; who has none shares that of his address. */
function limitOf(service: WebService, isOfRater: (request: FastifyRequest) => boolean): RateLimitOptions {
  const { requestsPerMinute = REQUESTS_PER_MINUTE, ratingRequestsPerMinute = RATING_REQUESTS_PER_MINUTE } =
    service;
  const { requestsPerMinuteByToken = REQUESTS_PER_MINUTE_BY_TOKEN } = service;
  const hasToken = ({ visitor }: FastifyRequest) => visitor !== null && visitor !== ON_THIS_MACHINE;
  return {
    max: (request) => {
      if (isOfRater(request)) return ratingRequestsPerMinute;
      return hasToken(request) ? requestsPerMinuteByToken : requestsPerMinute;
    },
    keyGenerator: (request) => {
      if (isOfRater(request)) return `rating ${request.ip}`;
      return hasToken(request) ? `token ${request.visitor?.id}` : request.ip;
    },
    timeWindow: '1 minute',
    errorResponseBuilder: (_, { after, max: most }) =>
      Object.assign(new Error(`More than ${most} requests in a minute; try again in ${after}.`), {
        statusCode: 429,
      }),
  };
}

/** A problem for the API's programs, JSON for scripts of pages, a page for people. */
function fail(request: FastifyRequest, reply: FastifyReply, explained: Explained): FastifyReply {
  const { status, message } = explained;
  // Whoever lacks a role and has no token may have one: a browser asks for it.
  if (explained.code === 'Permission' && request.visitor === ON_THIS_MACHINE) {
    reply.header('www-authenticate', ASKS_FOR_TOKEN);
    return fail(request, reply, { ...explained, status: 401, code: null });
  }
  reply.code(status);
  if (request.url.startsWith(`${API}/`))
    return reply.type(PROBLEM_TYPE).send(JSON.stringify(problemOf(explained)));
  if (request.headers.accept?.includes('text/html') && !request.url.startsWith('/api/'))
    return reply.type('text/html; charset=utf-8').send(errorPage(status, message));
  return reply.type('application/json; charset=utf-8').send(JSON.stringify({ error: message }));
}
