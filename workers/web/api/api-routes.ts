import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { requireRole, type Visitor } from '../../runs/access/visitor.ts';
import { refuseDeepBody } from '../../runs/deep-body.ts';
import { followedRuns } from '../../runs/followed-runs.ts';
import type { ListedRun, RunSource, RunView } from '../../runs/runs.ts';
import type { RunSteering } from '../../runs/steering.ts';
import { checked } from '../../runs/wrong-fields.ts';
import { type Doors, visitorAt, visitorOf } from '../admission.ts';
import { sendArtifact } from '../artifact-routes.ts';
import { sendEvents } from './event-stream.ts';
import { openApi } from './openapi.ts';
import { API, IDEMPOTENCY_KEY, idempotencyKey, LARGEST_API_BODY, type Operation } from './operation.ts';
import * as api from './operations.ts';

export interface ApiSources {
  /** what is known of runs */
  runs: RunSource;
  steering: RunSteering;
  store: ArtifactStore;
  doors: Doors;
}

/** `/api/v1`, as its operations describe it. */
export function serveApi(app: FastifyInstance, { runs, steering, store, doors }: ApiSources): void {
  const followed = followedRuns(async (id) => apiRun(await runs.view(id)));
  const described = openApi();

  serve(app, api.getOpenApi, async () => described);
  serve(app, api.listRuns, async ({ query: { limit, after, ...filter } }) => {
    const found = await runs.list({ ...filter, after: placeOf(after), limit: limit + 1 });
    const listed = found.slice(0, limit);
    const last = found.length > limit ? listed.at(-1) : undefined;
    return { runs: listed.map(apiListedRun), next: last ? `${last.startedAt}~${last.runId}` : null };
  });
  serve(app, api.getRun, async ({ params }) => apiRun(await runs.view(params.run)));
  serve(app, api.getResult, async ({ params: { run: id } }) => {
    const run = await runs.view(id);
    if (run.status === 'COMPLETED') return { workflow: run.workflow, result: run.wholeResult };
    throw new AlpacaError(
      'UpdateRefused',
      run.closedAt === null ? `${id} goes on.` : `${id} has no result: ${run.failure ?? run.status}`,
    );
  });
  serve(app, api.followRun, ({ params, request, reply }) =>
    sendEvents(followed, params.run, request, reply, {
      mayFollow: async () => (await visitorAt(doors, request)) !== null,
    }),
  );
  serve(app, api.getArtifact, ({ params, query, request, reply }) =>
    sendArtifact(store, { ...params, file: query.file ?? null }, request, reply),
  );

  for (const { workflow, operation } of api.STARTS_OF_RUNS)
    serve(app, operation, async ({ visitor, key, request, reply }) => {
      // As it was given: the run fills in defaults, and goes by them.
      const started = await steering.start(visitor, { workflow, input: request.body, key });
      reply.header('location', `${API}/runs/${encodeURIComponent(started.workflowId)}`);
      return started;
    });
  for (const { name, operation } of api.UPDATES_OF_RUNS)
    serve(app, operation, ({ visitor, params, body, key }) =>
      steering.update(visitor, params.run, { name, body, key }),
    );
  serve(app, api.estimateRun, ({ visitor, request }) => steering.estimate(visitor, request.body));
  serve(app, api.cancelRun, async ({ visitor, params }) => {
    await steering.cancel(visitor, params.run);
    return { workflowId: params.run };
  });
  serve(app, api.terminateRun, async ({ visitor, params, body: { reason } }) => {
    await steering.terminate(visitor, params.run, reason);
    return { workflowId: params.run };
  });
  refuseOtherMethods(app);
}

interface Asked<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> {
  visitor: Visitor;
  params: z.output<Params>;
  query: z.output<Query>;
  body: z.output<Body>;
  key: string | null;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** What is asked is checked by the operation; of its role, the least. */
function serve<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>(
  app: FastifyInstance,
  operation: Operation<Params, Query, Body>,
  answer: (asked: Asked<Params, Query, Body>) => Promise<unknown>,
): void {
  const numbers = numbersIn(operation.query);
  app.route({
    method: operation.method,
    url: pathOf(operation),
    bodyLimit: LARGEST_API_BODY,
    handler: async (request, reply) => {
      const visitor = visitorOf(request);
      requireRole(visitor, operation.role);
      const params = checked(operation.params, request.params, 'The path');
      const query = checked(operation.query, withNumbers(request.query, numbers), 'The query');
      const given: unknown = request.body ?? {};
      refuseDeepBody(given);
      const body =
        operation.body === null
          ? checked(z.strictObject({}), given, 'The body')
          : checked(operation.body, given, 'The body');
      const key = operation.isIdempotent ? keyIn(request) : null;
      reply.code(operation.answer.status);
      return answer({ visitor, params, query, body: body as z.output<Body>, key, request, reply });
    },
  });
}

/** `/runs/{run}` as the router has it. */
function pathOf({ path }: Pick<Operation, 'path'>): string {
  return API + path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function keyIn(request: FastifyRequest): string | null {
  const key = request.headers[IDEMPOTENCY_KEY];
  return key === undefined ? null : checked(idempotencyKey, key, 'The Idempotency-Key');
}

/** A query's values are texts. */
function numbersIn(query: z.ZodObject): string[] {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).flatMap(([name, schema]) =>
    typeof schema === 'object' && schema.type === 'integer' ? [name] : [],
  );
}

function withNumbers(query: unknown, numbers: readonly string[]): unknown {
  const entries = Object.entries(query ?? {}).map(([name, value]: [string, unknown]) => [
    name,
    numbers.includes(name) && typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function placeOf(after: string | undefined): Pick<ListedRun, 'startedAt' | 'runId'> | undefined {
  const [startedAt, runId] = after?.split('~') ?? [];
  return startedAt === undefined || runId === undefined ? undefined : { startedAt, runId };
}

export function apiListedRun(run: ListedRun): api.ApiListedRun {
  const { workflowId, runId, workflow, status, startedAt, closedAt } = run;
  const { stage, standing, accepted, costUsd, heldOutLoss, winRate, startedBy, isForgotten } = run;
  return {
    ...{ workflowId, runId, workflow, status, startedAt, closedAt },
    ...{ stage, standing, accepted, costUsd, heldOutLoss, winRate, startedBy, isForgotten },
  };
}

function apiRun(run: RunView): api.ApiRun {
  const { progress, unpolled, failure, updates } = run;
  return { ...apiListedRun(run), progress, unpolled, failure, updates };
}

/** A path that is there, and a method that it does not take: 405, which is told by `Allow`. */
function refuseOtherMethods(app: FastifyInstance): void {
  const taken = Map.groupBy(api.OPERATIONS, pathOf);
  for (const [url, operations] of taken) {
    const methods = operations
      .map(({ method }) => method)
      .flatMap((m) => (m === 'GET' ? ['GET', 'HEAD'] : [m]));
    app.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
        (method) => !methods.includes(method),
      ),
      url,
      bodyLimit: LARGEST_API_BODY,
      handler: async (request, reply) => {
        reply.header('allow', methods.join(', '));
        throw Object.assign(new Error(`This takes ${methods.join(' and ')}, and not ${request.method}.`), {
          statusCode: 405,
        });
      },
    });
  }
}
