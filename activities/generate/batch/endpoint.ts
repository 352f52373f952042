import { APIError, toStreamingFile } from 'openai';
import { z } from 'zod';
import { readLines } from '../../artifacts/lines.ts';
import { AlpacaError } from '../../errors.ts';
import type { connect } from '../../teacher/client.ts';
import { teacherFailure } from '../../teacher/failures.ts';
import type { TeacherProfile } from '../../teacher/profiles.ts';
import { JOB_FIELD, type JobEndpoint, type JobMetadata } from './job.ts';

/** A job as the provider states it. */
export interface ProviderJob {
  id: string;
  /** our name for it, from its metadata; null where it is not ours */
  name: string | null;
  status: string;
  /** lines with an outcome, and lines in all */
  done: number;
  total: number;
  outputFile: string | null;
  errorFile: string | null;
  /** why the provider would not take its file */
  errors: readonly { code: string; message: string }[];
}

/** The provider's Batch API, as far as a run needs it. Each call is one look or one act, without retries. */
export interface BatchEndpoint {
  readonly profile: TeacherProfile;
  /** The job of a name, among those created since a time in milliseconds; null where there is none. */
  findJob(name: string, since: number): Promise<ProviderJob | null>;
  /** The file that was uploaded under a name since then; null where there is none. */
  findFile(name: string, since: number): Promise<string | null>;
  /** Uploads a job's file a line at a time; returns the provider's id. */
  upload(name: string, lines: AsyncIterable<string>, signal: AbortSignal): Promise<string>;
  create(file: string, endpoint: JobEndpoint, metadata: JobMetadata): Promise<ProviderJob>;
  look(id: string): Promise<ProviderJob>;
  /** Asks for a job's end; one that has ended already stays as it is. */
  cancel(id: string): Promise<void>;
  /** The lines of a file of results, parsed; null for a line that is no JSON. */
  lines(file: string, signal: AbortSignal): AsyncIterable<unknown>;
}

/** A state that a job stays in. */
export function hasEnded(status: string): boolean {
  return ['completed', 'failed', 'expired', 'cancelled'].includes(status);
}

/** What the provider's clock may be behind ours by, in milliseconds, when jobs are looked for by time. */
const CLOCK_DIFFERENCE_MS = 3_600_000;

/** Uploading 200 MB may take as long as an attempt. */
const UPLOAD_TIMEOUT_MS = 840_000;

const job = z.looseObject({
  id: z.string(),
  status: z.string(),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  request_counts: z.looseObject({ completed: z.int(), failed: z.int(), total: z.int() }).nullish(),
  errors: z
    .looseObject({
      data: z.array(z.looseObject({ code: z.string().nullish(), message: z.string().nullish() })).nullish(),
    })
    .nullish(),
});

export function createBatchEndpoint(
  profile: TeacherProfile,
  { openai, apiKey }: ReturnType<typeof connect>,
): BatchEndpoint {
  async function mapped<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof APIError && error.status === 404
        ? noBatchApi(error, profile)
        : teacherFailure(error, profile, apiKey);
    }
  }
  const isOlder = (created: number, since: number) => created * 1000 < since - CLOCK_DIFFERENCE_MS;

  return {
    profile,
    findJob: (name, since) =>
      mapped(async () => {
        for await (const listed of openai.batches.list({ limit: 100 })) {
          if (listed.metadata?.[JOB_FIELD] === name) return readJob(listed);
          if (isOlder(listed.created_at, since)) return null;
        }
        return null;
      }),
    findFile: (name, since) =>
      mapped(async () => {
        for await (const file of openai.files.list({ purpose: 'batch', limit: 100, order: 'desc' })) {
          if (file.filename === fileName(name)) return file.id;
          if (isOlder(file.created_at, since)) return null;
        }
        return null;
      }),
    upload: (name, lines, signal) =>
      mapped(async () => {
        const file = toStreamingFile(lines, fileName(name), { type: 'application/jsonl' });
        const uploaded = openai.files.create(
          { file, purpose: 'batch' },
          { signal, timeout: UPLOAD_TIMEOUT_MS },
        );
        return (await uploaded).id;
      }),
    create: (file, endpoint, metadata) =>
      mapped(async () => {
        const { idempotencyHeader, batch } = profile;
        const headers = idempotencyHeader === null ? {} : { [idempotencyHeader]: metadata[JOB_FIELD] };
        const created = await openai.post<unknown>('/batches', {
          body: {
            input_file_id: file,
            endpoint,
            completion_window: batch?.completionWindow ?? '24h',
            metadata: { ...metadata },
          },
          headers,
        });
        return readJob(created);
      }),
    look: (id) => mapped(async () => readJob(await openai.batches.retrieve(id))),
    async cancel(id) {
      try {
        await openai.batches.cancel(id);
      } catch (error) {
        // The provider refuses to cancel what has ended.
        const said = error instanceof APIError && (error.status === 400 || error.status === 409);
        if (!said) throw teacherFailure(error, profile, apiKey);
      }
    },
    async *lines(file, signal) {
      try {
        const response = await openai.files.content(file, { signal });
        if (response.body === null) return;
        for await (const lines of readLines(response.body)) {
          for (const line of lines) if (line?.trim() !== '') yield line === null ? null : parsed(line);
        }
      } catch (error) {
        // Providers keep files for a while only: what was in it is then missing, and found to be.
        if (!(error instanceof APIError && error.status === 404))
          throw teacherFailure(error, profile, apiKey);
      }
    },
  };
}

function fileName(job: string): string {
  return `${job}.jsonl`;
}

function readJob(json: unknown): ProviderJob {
  const { id, status, metadata, request_counts: counts, errors, ...files } = job.parse(json);
  return {
    id,
    status,
    name: metadata?.[JOB_FIELD] ?? null,
    done: counts ? counts.completed + counts.failed : 0,
    total: counts?.total ?? 0,
    outputFile: files.output_file_id ?? null,
    errorFile: files.error_file_id ?? null,
    errors: (errors?.data ?? []).map(({ code, message }) => ({ code: code ?? '', message: message ?? '' })),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function noBatchApi(cause: APIError, { name, baseUrl }: TeacherProfile): AlpacaError {
  return new AlpacaError(
    'Configuration',
    `The teacher "${name}" has no such batch job or file at ${baseUrl}, or no Batch API at all (${cause.message}).`,
    { remedy: 'Where it has none, take "batch" out of its profile.', cause },
  );
}
