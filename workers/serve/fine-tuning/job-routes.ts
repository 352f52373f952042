import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { requireRole } from '../../runs/access/visitor.ts';
import { visitorOf } from '../admission.ts';
import { Refused } from '../openai-errors.ts';
import { behind, pageOf } from '../page-of.ts';
import { checkedFields, wholeNumber } from '../request/checked-fields.ts';
import { jobMetadata } from './job-request.ts';
import {
  cancelJob,
  checkpointsOfJob,
  createJob,
  eventsOfJob,
  type JobPlaces,
  listJobs,
  retrieveJob,
  updateJob,
} from './jobs.ts';

const pageQuery = (usual: number, most: number) => ({
  after: z.string().optional(),
  limit: wholeNumber(1, most).default(usual),
});
const jobsQuery = z.strictObject({
  ...pageQuery(20, 100),
  metadata: z.union([z.null(), jobMetadata]).optional(),
});
const eventsQuery = z.strictObject(pageQuery(20, 1000));
const checkpointsQuery = z.strictObject(pageQuery(10, 1000));

const JOBS = '/v1/fine_tuning/jobs';

type OfJob = { Params: { id: string } };

/** `/v1/fine_tuning/jobs`. */
export function serveJobs(app: FastifyInstance, places: JobPlaces): void {
  app.post(JOBS, (request) => createJob(places, visitorOf(request), request.body, keyIn(request)));

  app.get(JOBS, async (request) => {
    requireRole(visitorOf(request), 'read');
    const { limit, ...filter } = checkedFields(jobsQuery, withMetadata(request.query));
    return pageOf(await listJobs(places, { ...filter, limit }), limit);
  });

  app.get<OfJob>(`${JOBS}/:id`, async (request) => {
    requireRole(visitorOf(request), 'read');
    return retrieveJob(places, request.params.id);
  });

  app.post<OfJob>(`${JOBS}/:id/cancel`, (request) =>
    cancelJob(places, visitorOf(request), request.params.id),
  );
  for (const name of ['pause', 'resume'] as const)
    app.post<OfJob>(`${JOBS}/:id/${name}`, (request) =>
      updateJob(places, visitorOf(request), request.params.id, name),
    );

  app.get<OfJob>(`${JOBS}/:id/events`, async (request) => {
    requireRole(visitorOf(request), 'read');
    const { after, limit } = checkedFields(eventsQuery, request.query);
    return pageOf(behind(await eventsOfJob(places, request.params.id), after), limit);
  });

  app.get<OfJob>(`${JOBS}/:id/checkpoints`, async (request) => {
    requireRole(visitorOf(request), 'read');
    const { after, limit } = checkedFields(checkpointsQuery, request.query);
    return pageOf(behind(await checkpointsOfJob(places, request.params.id), after), limit);
  });
}

/** `metadata[KEY]=VALUE` of a query as fields, and `metadata=null` as null. */
function withMetadata(query: unknown): Record<string, unknown> {
  const fields: Record<string, string> = {};
  const others: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query ?? {})) {
    const [, key] = /^metadata\[(.*)\]$/.exec(name) ?? [];
    if (key !== undefined) fields[key] = String(value);
    else others[name] = name === 'metadata' && value === 'null' ? null : value;
  }
  return Object.keys(fields).length === 0 ? others : { ...others, metadata: fields };
}

function keyIn({ headers }: FastifyRequest): string | null {
  const { 'idempotency-key': key } = headers;
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new Refused(400, 'The Idempotency-Key is wrong: expected 1 to 255 visible characters of ASCII.');
}
