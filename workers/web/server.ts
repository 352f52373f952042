import { readFile } from 'node:fs/promises';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { isGrpcServiceError } from '@temporalio/client';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { keepingOpened } from '../../activities/artifacts/stores/opened.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { log } from '../../activities/log.ts';
import type { FailureCode } from '../../workflows/contracts/failures.ts';
import { isUnanswered, UNANSWERED_MESSAGE } from '../unanswered.ts';
import { withoutPaths } from '../without-paths.ts';
import { admitReadersAndRaters, seatIn } from './admission.ts';
import { serveArtifacts } from './artifact-routes.ts';
import { errorPage } from './page.ts';
import type { RunsPlace } from './place.ts';
import { createRatingItems } from './rating/rating-items.ts';
import { serveRatings } from './rating/rating-routes.ts';
import type { RatingSource } from './rating/ratings.ts';
import { serveRuns } from './runs/run-routes.ts';
import type { RunSource } from './runs/runs.ts';
import { serveSchemas } from './schema-routes.ts';

export interface WebService {
  runs: RunSource;
  ratings: RatingSource;
  store: ArtifactStore;
  place: RunsPlace;
  /** where it will listen: decides which Host headers are answered */
  host: string;
  token: string | null;
  ratersToken: string | null;
  /** requests a minute from one address */
  requestsPerMinute?: number;
  /** the same, of rating pages */
  ratingRequestsPerMinute?: number;
}

/** A page that polls asks 30 times a minute. */
const REQUESTS_PER_MINUTE = 600;
/** Raters may all come from one address: 100 votes a second, each with a text to fetch. */
const RATING_REQUESTS_PER_MINUTE = 18_000;

/** The web service, not yet listening. It shows runs and files, and takes the votes of rating pages. */
export async function createWebService(service: WebService): Promise<FastifyInstance> {
  const app = fastify({
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: false },
    bodyLimit: 1024,
    requestTimeout: 30_000,
    forceCloseConnections: true,
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
  // Before admission, so that guesses of a token, and of a seat's key, are counted too.
  await app.register(rateLimit, { global: false, allowList: ({ url }) => url === '/health' });
  const max = service.requestsPerMinute ?? REQUESTS_PER_MINUTE;
  app.addHook(
    'onRequest',
    app.rateLimit({
      max: (request) =>
        isOfRater(request) ? (service.ratingRequestsPerMinute ?? RATING_REQUESTS_PER_MINUTE) : max,
      keyGenerator: (request) => (isOfRater(request) ? `rating ${request.ip}` : request.ip),
      timeWindow: '1 minute',
      errorResponseBuilder: (_, { after, max: most }) =>
        Object.assign(new Error(`More than ${most} requests in a minute; try again in ${after}.`), {
          statusCode: 429,
        }),
    }),
  );
  admitReadersAndRaters(app, service);
  // What a page opens of the store stays until it is sent.
  app.addHook('onRequest', (_, reply, done) => {
    void keepingOpened(() => {
      const sent = new Promise<void>((resolve) => reply.raw.once('close', resolve));
      done();
      return sent;
    });
  });
  app.addHook('onSend', async (_, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.setErrorHandler((error, request, reply) => {
    const { status, message } = explain(error);
    if (status === 500) log.failure(error);
    return fail(request, reply, status, message);
  });
  app.setNotFoundHandler((request, reply) =>
    fail(request, reply, 404, `There is nothing at ${request.url.split('?')[0]}.`),
  );

  serveRuns(app, service);
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
  'style.css': 'text/css; charset=utf-8',
  'rating.js': 'text/javascript; charset=utf-8',
  'rating-requests.js': 'text/javascript; charset=utf-8',
  'rating-votes.js': 'text/javascript; charset=utf-8',
  'rating.css': 'text/css; charset=utf-8',
};

async function serveAssets(app: FastifyInstance): Promise<void> {
  for (const [name, type] of Object.entries(ASSETS)) {
    const content = await readFile(new URL(`assets/${name}`, import.meta.url));
    app.get(`/assets/${name}`, async (_, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(content),
    );
  }
}

const STATUS_OF: Partial<Record<FailureCode, number>> = {
  InvalidInput: 400,
  NotFound: 404,
  RefusedPath: 403,
  Permission: 403,
};

/** GRPC's own number. */
const TOO_MANY_IN_FLIGHT = 8;

function explain(error: unknown): { status: number; message: string } {
  if (error instanceof AlpacaError) {
    const status = STATUS_OF[error.code] ?? 500;
    return { status, message: withoutPaths(error.message) };
  }
  if (isUnanswered(error)) return { status: 503, message: UNANSWERED_MESSAGE };
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (isGrpcServiceError(cause) && cause.code === TOO_MANY_IN_FLIGHT)
    return { status: 429, message: 'Too many votes are on their way; try again in a moment.' };
  const { statusCode = 500, message = '' } = error as { statusCode?: number; message?: string };
  // What nobody foresaw may name paths or keys: it goes to the log, not to the visitor.
  return statusCode < 500
    ? { status: statusCode, message }
    : { status: 500, message: 'The web service failed; its log says why.' };
}

/** JSON for programs, a page for people. */
function fail(request: FastifyRequest, reply: FastifyReply, status: number, message: string): FastifyReply {
  reply.code(status);
  if (request.headers.accept?.includes('text/html') && !request.url.startsWith('/api/'))
    return reply.type('text/html; charset=utf-8').send(errorPage(status, message));
  return reply.type('application/json; charset=utf-8').send(JSON.stringify({ error: message }));
}
