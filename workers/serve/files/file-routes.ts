import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart, { type Multipart } from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import { storageError } from '../../../activities/errors.ts';
import { requireOwner, requireRole } from '../../runs/access/visitor.ts';
import { visitorOf } from '../admission.ts';
import { Refused } from '../openai-errors.ts';
import { behind, pageOf } from '../page-of.ts';
import { checkedFields, wholeNumber } from '../request/checked-fields.ts';
import { PURPOSES, type Purpose } from './checked-rows.ts';
import { addFile, fileOf, listFiles, removeFile, type UploadedFile } from './uploaded-files.ts';

/** Bytes of a file: the recipe's 52,002 rows have 22 million. */
const LARGEST_FILE = 100 * (1 << 20);
/** Files that one visitor sends side by side. */
const MOST_AT_ONCE = 4;
/** What a form has beside its file. */
const FORM = 1 << 16;
const LIMITS = { fileSize: LARGEST_FILE, files: 1, fieldSize: 4096, parts: 32 };

const listQuery = z.strictObject({
  purpose: z.string().optional(),
  limit: wholeNumber(1, 10_000).default(10_000),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().optional(),
});

/** A file that nobody uploaded: it is made when it is asked for. */
export interface MadeFile {
  filename: string;
  purpose: string;
  createdAt: string;
  content: string;
}

/**
 * `/v1/files`.
 *
 * @param made a file of that id that nobody uploaded; null where there is none
 */
export async function serveFiles(
  app: FastifyInstance,
  store: ArtifactStore,
  made: (id: string) => Promise<MadeFile | null>,
): Promise<void> {
  /** how many of each visitor are on their way */
  const uploads = new Map<string, number>();
  await app.register(multipart, { limits: LIMITS });

  app.post('/v1/files', async (request) => {
    const visitor = visitorOf(request);
    requireRole(visitor, 'run');
    if (!request.isMultipart())
      throw new Refused(400, 'A file is sent as multipart/form-data.', { code: 'invalid_form' });
    if (Number(request.headers['content-length'] ?? 0) > LARGEST_FILE + FORM) throw tooLarge();
    return oneMoreOf(uploads, visitor.id, async () => {
      const workspace = await store.workspace('upload');
      const path = join(workspace, 'rows.jsonl');
      try {
        const form = await receive(request.parts(), path);
        return fileBody(await addFile(store, path, { ...form, by: visitor.name }));
      } finally {
        await rm(workspace, { recursive: true, force: true });
      }
    });
  });

  app.get('/v1/files', async (request) => {
    requireRole(visitorOf(request), 'read');
    const { purpose, limit, order, after } = checkedFields(listQuery, request.query);
    const found = (await listFiles(store)).filter(
      (file) => purpose === undefined || file.purpose === purpose,
    );
    const inOrder = order === 'desc' ? found : found.reverse();
    return pageOf(behind(inOrder, after).map(fileBody), limit);
  });

  app.get<{ Params: { id: string } }>('/v1/files/:id', async (request) => {
    requireRole(visitorOf(request), 'read');
    const { id } = request.params;
    const found = await made(id);
    return found === null ? fileBody(await fileOf(store, id)) : madeBody(id, found);
  });

  app.get<{ Params: { id: string } }>('/v1/files/:id/content', async (request, reply) => {
    requireRole(visitorOf(request), 'read');
    const found = await made(request.params.id);
    if (found !== null) return reply.type('application/octet-stream').send(found.content);
    const { artifact } = await fileOf(store, request.params.id);
    const path = await store.open(artifact);
    return reply
      .headers({ 'content-type': 'application/octet-stream', 'content-length': artifact.bytes })
      .send(createReadStream(path));
  });

  app.delete<{ Params: { id: string } }>('/v1/files/:id', async (request) => {
    const visitor = visitorOf(request);
    requireRole(visitor, 'run');
    const { id, by } = await fileOf(store, request.params.id);
    requireOwner(visitor, by, id);
    await removeFile(store, id);
    return { id, object: 'file', deleted: true };
  });
}

/** @throws Refused where a visitor has as many on their way as one may */
async function oneMoreOf<Result>(
  uploads: Map<string, number>,
  visitor: string,
  upload: () => Promise<Result>,
): Promise<Result> {
  const before = uploads.get(visitor) ?? 0;
  if (before >= MOST_AT_ONCE)
    throw new Refused(429, `${before} files of yours are on their way; send this one after them.`, {
      code: 'rate_limit_exceeded',
    });
  uploads.set(visitor, before + 1);
  try {
    return await upload();
  } finally {
    const left = (uploads.get(visitor) ?? 1) - 1;
    if (left === 0) uploads.delete(visitor);
    else uploads.set(visitor, left);
  }
}

interface ReceivedForm {
  filename: string;
  purpose: Purpose;
  expiresAfterSeconds: number | null;
}

const fields = z.strictObject({
  purpose: z.enum(PURPOSES),
  'expires_after[anchor]': z.literal('created_at').optional(),
  'expires_after[seconds]': wholeNumber(3600, 2_592_000).optional(),
});

/** Writes the file of the form to a path, whatever its fields come before and after. */
async function receive(parts: AsyncIterable<Multipart>, path: string): Promise<ReceivedForm> {
  const given: Record<string, unknown> = {};
  let filename: string | null = null;
  try {
    for await (const part of parts) {
      if (part.type === 'field') given[part.fieldname] = part.value;
      else if (part.fieldname !== 'file')
        throw new Refused(400, `${part.fieldname} is no file of this form.`, { param: part.fieldname });
      else {
        filename = part.filename;
        await pipeline(part.file, createWriteStream(path));
        if (part.file.truncated) throw tooLarge();
      }
    }
  } catch (error) {
    throw refusedForm(error);
  }
  const checked = checkedFields(fields, given);
  if (filename === null)
    throw new Refused(400, 'The form has no file.', { param: 'file', code: 'missing_required_parameter' });
  const { purpose, 'expires_after[seconds]': expiresAfterSeconds = null } = checked;
  return { filename: filename.slice(0, 255), purpose, expiresAfterSeconds };
}

/** What is wrong with a form is the visitor's; what the disk says is not. */
function refusedForm(error: unknown): unknown {
  if (error instanceof Refused) return error;
  const { code = '', message = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge();
  if (code.startsWith('FST_') || code.startsWith('ERR_') || code === '')
    return new Refused(400, `The body is no form of multipart/form-data: ${message}.`, {
      code: 'invalid_form',
    });
  return storageError(error, 'the uploaded file');
}

function tooLarge(): Refused {
  return new Refused(413, `The file is too large: at most ${LARGEST_FILE} bytes are taken.`, {
    param: 'file',
    code: 'file_too_large',
  });
}

function madeBody(id: string, { filename, purpose, createdAt, content }: MadeFile) {
  const bytes = Buffer.byteLength(content);
  return {
    ...{ id, object: 'file', bytes, filename, purpose, created_at: seconds(createdAt) },
    ...{ status: 'processed', status_details: null },
  };
}

function fileBody(file: UploadedFile): { id: string } & Record<string, unknown> {
  const { id, filename, purpose, artifact, createdAt, expiresAt } = file;
  return {
    ...{ id, object: 'file', bytes: artifact.bytes, filename, purpose },
    created_at: seconds(createdAt),
    ...(expiresAt === null ? {} : { expires_at: seconds(expiresAt) }),
    ...{ status: 'processed', status_details: null },
  };
}

function seconds(iso: string): number {
  return Math.floor(Date.parse(iso) / 1000);
}
