import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pageOf, pageQuery } from './paging.ts';
import { type LoggedRefusal, notFound, wrongField } from './refusals.ts';

export interface StoredFile {
  id: string;
  /** seconds since 1970 */
  created: number;
  name: string;
  purpose: string;
  content: Buffer;
}

/** The files that clients uploaded and that batch jobs wrote, in memory, in the order they came. */
export class Files {
  readonly #files = new Map<string, StoredFile>();

  add(name: string, purpose: string, content: Buffer): StoredFile {
    const id = `file-${String(this.#files.size + 1).padStart(6, '0')}`;
    const file = { id, created: Math.floor(Date.now() / 1000), name, purpose, content };
    this.#files.set(id, file);
    return file;
  }

  get(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  newestFirst(): StoredFile[] {
    return [...this.#files.values()].reverse();
  }
}

/** Bytes of an uploaded file at the most: OpenAI's limit for a batch's input. */
const LARGEST_FILE = 200 * 1000 * 1000;

/** Room for the form around the file. */
const FORM_BYTES = 1 << 20;

/** OpenAI's Files API: upload, list, look at, download. */
export function serveFiles(app: FastifyInstance, files: Files): void {
  const form = { parseAs: 'buffer', bodyLimit: LARGEST_FILE + FORM_BYTES } as const;
  app.addContentTypeParser<Buffer>('multipart/form-data', form, (request, body, done) => {
    readForm(request, body).then(
      (read) => done(null, read),
      (error: Error) => done(error),
    );
  });
  app.post('/v1/files', { bodyLimit: LARGEST_FILE + FORM_BYTES }, async ({ body }, reply) => {
    if (!(body instanceof FormData)) return refuse(reply, wrongField('body', 'expected multipart/form-data'));
    const [file, purpose] = [body.get('file'), body.get('purpose')];
    if (!(file instanceof File)) return refuse(reply, wrongField('file', 'expected a file'));
    if (typeof purpose !== 'string') return refuse(reply, wrongField('purpose', 'expected a purpose'));
    if (file.size > LARGEST_FILE) return refuse(reply, wrongField('file', 'larger than 200 MB'));
    return describe(files.add(file.name, purpose, Buffer.from(await file.arrayBuffer())));
  });
  app.get<{ Querystring: Record<string, string> }>('/v1/files', ({ query }) => {
    const listed = files.newestFirst().filter(({ purpose }) => (query.purpose ?? purpose) === purpose);
    return pageOf(listed.map(describe), pageQuery.parse(query));
  });
  app.get<{ Params: { id: string } }>('/v1/files/:id', ({ params }, reply) => {
    const file = files.get(params.id);
    return file ? reply.send(describe(file)) : refuse(reply, notFound(`file ${params.id}`));
  });
  app.get<{ Params: { id: string } }>('/v1/files/:id/content', ({ params }, reply) => {
    const file = files.get(params.id);
    return file
      ? reply.type('application/octet-stream').send(file.content)
      : refuse(reply, notFound(`file ${params.id}`));
  });
}

/** Fastify reads JSON only; Node itself reads forms. */
function readForm({ headers }: FastifyRequest, body: Buffer): Promise<FormData> {
  const type = headers['content-type'] ?? '';
  return new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
}

function describe({ id, created, name, purpose, content }: StoredFile) {
  return {
    id,
    object: 'file',
    bytes: content.length,
    created_at: created,
    filename: name,
    purpose,
    status: 'processed',
  };
}

function refuse(reply: FastifyReply, { status, body }: LoggedRefusal): FastifyReply {
  return reply.code(status).send(body);
}
