import { APIError } from 'openai/core/error';
import { toStreamingFile } from 'openai/core/uploads';
import { z } from 'zod';
import { AlpacaError } from '../../errors.ts';
import { answerBytes } from '../../teacher/answer/answers-within.ts';
import { malformed, teacherFailure, unavailable } from '../../teacher/answer/failures.ts';
import { unreadable } from '../../teacher/answer/stated-error.ts';
import type { Connection } from '../../teacher/connection.ts';
import { measuredRequest } from '../../teacher/measured-request.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { profilePlace } from '../../teacher/profile/where-set.ts';
import { JOB_FIELD, type JobEndpoint, type JobMetadata, LINE_BYTES, MOST_LINES } from './job.ts';
import { GONE, statusOf } from './job-status.ts';
import { readResultLines } from './result-lines.ts';

/** A job as the provider states it. */
export interface ProviderJob {
  id: string;
  /** our name for it, from its metadata; null where it is not ours, or the provider gives no metadata back */
  name: string | null;
  /** as `statusOf` says it; `gone` where the provider has it no more */
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
  /**
   * The job of a name, or the one that asks a file, among those created since a time in milliseconds; null where
   * there is none.
   *
   * @throws AlpacaError Configuration where there may be one with the file: of some job the list says neither
   */
  findJob(name: string, file: string | null, since: number): Promise<ProviderJob | null>;
  /** The file that was uploaded under a name since then; null where there is none. */
  findFile(name: string, since: number): Promise<string | null>;
  /** Uploads a job's file a line at a time; returns the provider's id. */
  upload(name: string, lines: AsyncIterable<string>, signal: AbortSignal): Promise<string>;
  create(file: string, endpoint: JobEndpoint, metadata: JobMetadata): Promise<ProviderJob>;
  look(id: string): Promise<ProviderJob>;
  /** Asks for a job's end; one that has ended already stays as it is. */
  cancel(id: string): Promise<void>;
  /**
   * The lines of a file of results, parsed; null for a line that is no JSON, or has more bytes than a result of a
   * request with that token limit.
   */
  lines(file: string, maxTokens: number, signal: AbortSignal): AsyncIterable<unknown>;
}

/** What the provider's clock may be behind ours by, in milliseconds, when jobs are looked for by time. */
const CLOCK_DIFFERENCE_MS = 3_600_000;

/** Uploading 200 MB may take as long as an attempt. */
const UPLOAD_TIMEOUT_MS = 840_000;

/** Of what a call answers: a page has 100 jobs, of 16 names and values of 576 characters at the most each. */
const CALL_BYTES = 4 << 20;

/** Pages that are looked through for one job or file: 10,000 of them lie within a day of nobody. */
const MOST_PAGES = 100;

/** What is said of a job goes into histories: it is as short as a provider's is. */
const id = z.string().regex(/^(?!.*\.\.)[\w.:/-]{1,256}$/);
const word = z.string().max(300);
const count = z.int().min(0);

const job = z.looseObject({
  id,
  status: z.string().regex(/^\w{1,32}$/),
  input_file_id: id.nullish().catch(null),
  output_file_id: id.nullish(),
  error_file_id: id.nullish(),
  metadata: z
    .looseObject({ [JOB_FIELD]: z.string().optional() })
    .nullish()
    .catch(null),
  request_counts: z.looseObject({ completed: count, failed: count, total: count }).nullish(),
  errors: z
    .looseObject({
      data: z.array(z.looseObject({ code: word.nullish(), message: z.string().nullish() })).nullish(),
    })
    .nullish(),
});
const createdAt = z.number().nullish().catch(null);
/** Only what tells whose it is: a job in another form than ours may still be the one that is looked for. */
const listedJob = z.looseObject({
  id,
  created_at: createdAt,
  input_file_id: job.shape.input_file_id,
  metadata: job.shape.metadata,
});
const listedFile = z.looseObject({ id, filename: z.string(), created_at: createdAt });
const uploadedFile = z.looseObject({ id });

export function createBatchEndpoint(profile: TeacherProfile, connection: Connection): BatchEndpoint {
  const openai = () => connection.within(CALL_BYTES);
  const measured = <Answer>(calling: () => Promise<Answer>): Promise<Answer> =>
    measuredRequest({ operation: 'batch', name: `${profile.name}/batches` }, profile, calling);

  /** One call, and what it answered in the form that it must have. */
  async function call<Answer>(form: z.ZodType<Answer>, calling: () => PromiseLike<unknown>): Promise<Answer> {
    return measured(async () => {
      const answer = await calling().then(undefined, (error: unknown) => {
        throw error instanceof APIError && error.status === 404 ? noBatchApi(error, profile) : error;
      });
      const checked = form.safeParse(answer);
      if (checked.success) return checked.data;
      const { path } = checked.error.issues[0] ?? { path: [] };
      throw unreadable(
        answer,
        profile,
        `what it says of its jobs has not the form of the Batch API (${path.join('.')})`,
      );
    });
  }

  /** Goes through a list, newest first, as far back as what was created since a time. */
  async function find<Item extends { id: string; created_at?: number | null | undefined }>(
    path: '/batches' | '/files',
    item: z.ZodType<Item>,
    { since, isIt, ...query }: { since: number; isIt(item: Item): boolean; purpose?: string; order?: string },
  ): Promise<Item | null> {
    // What others have at the endpoint need not have our form.
    const page = z.looseObject({
      data: z.array(item.nullable().catch(null)),
      has_more: z.boolean().nullish(),
    });
    let after: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const listed = await call(page, async () =>
        (await openai()).get(path, {
          query: { limit: 100, ...query, ...(after === undefined ? {} : { after }) },
        }),
      );
      for (const found of listed.data) {
        if (found === null) continue;
        if (isIt(found)) return found;
        if (found.created_at && found.created_at * 1000 < since - CLOCK_DIFFERENCE_MS) return null;
      }
      const last = listed.data.findLast((found) => found !== null)?.id;
      if (listed.has_more === false || last === undefined || last === after) return null;
      after = last;
    }
    throw malformed(profile, `its list of ${path.slice(1)} has no end within ${MOST_PAGES} pages`);
  }

  /** @throws AlpacaError Configuration where the endpoint has no jobs at all */
  async function look(batch: string): Promise<ProviderJob> {
    const looking = (await openai()).batches.retrieve(batch).catch((error: unknown) => {
      if (error instanceof APIError && error.status === 404) return { id: batch, status: GONE };
      throw error;
    });
    const found = readJob(await call(job, () => looking));
    if (found.status === GONE) await requireUnlisted(batch);
    return found;
  }

  /** One that was just made may be listed before it is found. */
  async function requireUnlisted(batch: string): Promise<void> {
    const page = z.looseObject({ data: z.array(z.unknown()) });
    const listed = await call(page, async () => (await openai()).get('/batches', { query: { limit: 100 } }));
    if (listed.data.some((item) => listedJob.safeParse(item).data?.id === batch))
      throw unavailable(profile, `it lists the job ${batch}, and does not find it`, undefined, false);
  }

  return {
    profile,
    async findJob(name, file, since) {
      let untold: string | null = null;
      const isIt = ({ id, metadata, input_file_id: input }: z.infer<typeof listedJob>) => {
        if (!input && metadata?.[JOB_FIELD] === undefined) untold ??= id;
        return metadata?.[JOB_FIELD] === name || (file !== null && input === file);
      };
      const found = await find('/batches', listedJob, { since, isIt });
      if (found === null && file !== null && untold !== null) throw mayExist(untold, name, file, profile);
      if (found === null) return null;
      const whole = job.safeParse(found);
      return whole.success ? readJob(whole.data) : look(found.id);
    },
    async findFile(name, since) {
      const isIt = ({ filename }: z.infer<typeof listedFile>) => filename === fileName(name);
      const found = await find('/files', listedFile, { since, isIt, purpose: 'batch', order: 'desc' });
      return found?.id ?? null;
    },
    async upload(name, lines, signal) {
      const file = toStreamingFile(lines, fileName(name), { type: 'application/jsonl' });
      const sending = async () =>
        (await openai()).files.create({ file, purpose: 'batch' }, { signal, timeout: UPLOAD_TIMEOUT_MS });
      return (await call(uploadedFile, sending)).id;
    },
    async create(file, endpoint, metadata) {
      const { idempotencyHeader, batch } = profile;
      const headers = idempotencyHeader === null ? {} : { [idempotencyHeader]: metadata[JOB_FIELD] };
      const body = {
        input_file_id: file,
        endpoint,
        completion_window: batch?.completionWindow ?? '24h',
        metadata: { ...metadata },
      };
      return readJob(await call(job, async () => (await openai()).post('/batches', { body, headers })));
    },
    look,
    async cancel(batch) {
      await measured(async () => {
        try {
          await (await openai()).batches.cancel(batch);
        } catch (error) {
          // The provider refuses to cancel what has ended, or has it no more.
          const said = error instanceof APIError && [400, 404, 409].includes(Number(error.status));
          if (!said) throw error;
        }
      });
    },
    async *lines(file, maxTokens, signal) {
      const lineBytes = LINE_BYTES + answerBytes(profile, maxTokens);
      try {
        const openai = await connection.reading(MOST_LINES * lineBytes);
        // Null where the endpoint answers with 204, whatever the package says of it.
        const response: Response | null = await measured(async () =>
          openai.files.content(file, { signal }).catch((error: unknown) => {
            // Providers keep files for a while only: what was in it is then missing, and found to be.
            if (error instanceof APIError && error.status === 404) return null;
            throw error;
          }),
        );
        if (response?.body) yield* readResultLines(response.body, lineBytes);
      } catch (error) {
        throw teacherFailure(error, profile);
      }
    },
  };
}

function fileName(job: string): string {
  return `${job}.jsonl`;
}

function readJob({
  id: named,
  status,
  metadata,
  request_counts: counts,
  errors,
  ...files
}: z.infer<typeof job>): ProviderJob {
  return {
    id: named,
    status: statusOf(status),
    name: metadata?.[JOB_FIELD] ?? null,
    done: counts ? counts.completed + counts.failed : 0,
    total: counts?.total ?? 0,
    outputFile: files.output_file_id ?? null,
    errorFile: files.error_file_id ?? null,
    errors: (errors?.data ?? []).map(({ code, message }) => ({
      code: code ?? '',
      message: message?.slice(0, 300) ?? '',
    })),
  };
}

/** A job whose creation was not seen would be made, and paid, twice. */
function mayExist(job: string, name: string, file: string, teacher: TeacherProfile): AlpacaError {
  return new AlpacaError(
    'Configuration',
    `Whether the teacher "${teacher.name}" has the job ${name} cannot be found out: its list says of ${job}, and maybe of others, neither the metadata nor the file (${file}) that it was created with.`,
    {
      remedy: `Look there whether a job asks that file. Where none does, delete ${name}.json in the "jobs" of the ledger: it is then made; else cancel it before. Or take "batch" out of the profile.`,
    },
  );
}

function noBatchApi(cause: APIError, profile: TeacherProfile): AlpacaError {
  const { name, baseUrl, file } = profile;
  return new AlpacaError(
    'Configuration',
    `The teacher "${name}" has no such batch job or file at ${baseUrl}, or no Batch API at all (${cause.message.slice(0, 300)}).`,
    {
      remedy:
        file === null
          ? 'Where it has none, name the profile "openai", which asks each request by itself.'
          : `Where it has none, take "batch" out of ${profilePlace(profile)}.`,
      cause,
    },
  );
}
