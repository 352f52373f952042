import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type BatchJob, createJob } from './batch-job.ts';
import type { Files } from './files.ts';
import type { OfflineTeacherOptions } from './options.ts';
import { pageOf, pageQuery } from './paging.ts';
import { notFound, wrongField } from './refusals.ts';
import { digestOfRequest, type RequestLog } from './request-log.ts';
import type { Teacher } from './teacher.ts';

const batchRequest = z.looseObject({
  input_file_id: z.string(),
  endpoint: z.enum(['/v1/chat/completions', '/v1/completions']),
  completion_window: z.string().min(1),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
});

export interface BatchServer {
  files: Files;
  teacher: Teacher;
  log: RequestLog;
  options: OfflineTeacherOptions['batch'];
}

/**
 * OpenAI's Batch API: create, list, look at, cancel. A job's lines are answered as time goes by, a share
 * of them at each look, so that a job that is cancelled or expires has answered some.
 */
export function serveBatches(app: FastifyInstance, { files, teacher, log, options }: BatchServer): void {
  const jobs = new Map<string, BatchJob>();

  app.post('/v1/batches', ({ body }, reply) => {
    const checked = batchRequest.safeParse(body);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      return reply
        .code(400)
        .send(wrongField(issue?.path.join('.') || 'body', issue?.message ?? 'wrong').body);
    }
    const { input_file_id, endpoint, completion_window, metadata } = checked.data;
    const input = files.get(input_file_id);
    if (input === undefined) return reply.code(404).send(notFound(`file ${input_file_id}`).body);
    const id = `batch_${String(jobs.size + 1).padStart(6, '0')}`;
    const rejected = jobs.size < options.rejectedJobs;
    jobs.set(
      id,
      createJob({
        about: { id, endpoint, input, completionWindow: completion_window, metadata: metadata ?? null },
        answer: (line, batch) => teacher.answerInBatch(line, batch),
        keep: (name, content) => files.add(name, 'batch_output', Buffer.from(content)).id,
        options,
        rejected,
      }),
    );
    logCreation(log, id, body);
    return reply.send(jobs.get(id)?.describe());
  });
  app.get<{ Querystring: Record<string, string> }>('/v1/batches', ({ query }) => {
    const newestFirst = [...jobs.values()].reverse();
    return pageOf(
      newestFirst.map((job) => job.look()),
      pageQuery.parse(query),
    );
  });
  app.get<{ Params: { id: string } }>('/v1/batches/:id', ({ params }, reply) => {
    const job = jobs.get(params.id);
    return job ? reply.send(job.look()) : reply.code(404).send(notFound(`batch ${params.id}`).body);
  });
  app.post<{ Params: { id: string } }>('/v1/batches/:id/cancel', ({ params }, reply) => {
    const job = jobs.get(params.id);
    return job ? reply.send(job.cancel()) : reply.code(404).send(notFound(`batch ${params.id}`).body);
  });
}

function logCreation(log: RequestLog, batch: string, body: unknown): void {
  log.append({
    time: new Date().toISOString(),
    path: '/v1/batches',
    request: digestOfRequest(body),
    prompts: [],
    occurrence: 0,
    status: 200,
    fault: null,
    promptTokens: 0,
    completionTokens: 0,
    idempotencyKey: null,
    batch,
  });
}
