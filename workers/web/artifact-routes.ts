import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TreeFile } from '../../activities/artifacts/digest.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { bytes } from '../../activities/document/figures.ts';
import { html } from '../../activities/document/html.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { rangeIn } from './byte-range.ts';
import { page } from './page.ts';

interface NamedArtifact {
  kind: string;
  sha256: string;
  name: string;
}

/**
 * Downloads from the store, by uri alone: `/artifacts/KIND/SHA256/NAME`, and `/artifacts/KIND/SHA256/NAME/FILE`
 * for a file of a folder. Nothing is shown as a page of this service: an HTML or SVG file in the store could otherwise
 * act in its name.
 */
export function serveArtifacts(app: FastifyInstance, store: ArtifactStore): void {
  app.get<{ Params: NamedArtifact }>('/artifacts/:kind/:sha256/:name', async (request, reply) => {
    const { name } = request.params;
    const { path, sha256, files } = await find(store, request.params, null);
    if (files === undefined) return send(request, reply, path, name, sha256);
    const rows = files.map(
      (file) =>
        html`<tr><th scope="row"><a href="${`${name}/${file.path.split('/').map(encodeURIComponent).join('/')}`}">${file.path}</a></th><td class="number">${bytes(file.bytes)}</td><td><code>${file.sha256}</code></td></tr>`,
    );
    reply.type('text/html; charset=utf-8');
    return page(
      name,
      html`<h1>${name}</h1>
<div class="wide" tabindex="0" role="region" aria-label="Files">
<table><thead><tr><th scope="col">file</th><th scope="col" class="number">size</th><th scope="col">SHA-256</th></tr></thead><tbody>${rows}</tbody></table>
</div>`,
    );
  });

  app.get<{ Params: NamedArtifact & { '*': string } }>(
    '/artifacts/:kind/:sha256/:name/*',
    async (request, reply) => {
      const { '*': file, ...named } = request.params;
      const { path, sha256 } = await find(store, named, file);
      return send(request, reply, path, file, sha256);
    },
  );
}

/** The same for programs: a folder is listed as JSON. */
export async function sendArtifact(
  store: ArtifactStore,
  { file, ...named }: NamedArtifact & { file: string | null },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { path, sha256, files } = await find(store, named, file);
  return files === undefined ? send(request, reply, path, file ?? named.name, sha256) : { files };
}

/**
 * Where it is on this machine, and the files of a folder of which none is asked for. A file is served only if the
 * artifact's manifest lists it under just that name, so no path is ever made of what a visitor typed.
 */
async function find(
  store: ArtifactStore,
  { kind, sha256, name }: NamedArtifact,
  wanted: string | null,
): Promise<{ path: string; sha256: string; files?: TreeFile[] }> {
  const reference = await store.resolve(`artifact://${kind}/${sha256}/${name}`, kind);
  const { files } = await store.readManifest(reference);
  const path = await store.open(reference);
  if (wanted === null) return { path, sha256, ...(files ? { files } : {}) };
  const file = files?.find((listed) => listed.path === wanted);
  if (!file) throw new AlpacaError('NotFound', `The artifact ${name} has no file ${wanted}.`);
  return { path: join(path, ...file.path.split('/')), sha256: file.sha256 };
}

/** Formats that a browser may show as text; all else is for saving. */
const SHOWN: Record<string, string> = {
  '.json': 'application/json; charset=utf-8',
  '.jsonl': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

async function send(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  path: string,
  name: string,
  sha256: string,
): Promise<FastifyReply> {
  const { size } = await stat(path);
  const type = SHOWN[extname(name)];
  const fileName = encodeURIComponent(name.slice(name.lastIndexOf('/') + 1));
  const etag = `"${sha256}"`;
  reply.headers({
    // The address names the content: it never changes.
    'cache-control': 'private, max-age=31536000, immutable',
    etag,
    'accept-ranges': 'bytes',
  });
  const known = headers['if-none-match'];
  if (known === etag || known === '*') return reply.code(304).send();
  reply.headers({
    'content-type': type ?? 'application/octet-stream',
    'content-disposition': `${type === undefined ? 'attachment' : 'inline'}; filename*=UTF-8''${fileName}`,
  });
  const asked = headers['if-range'] === undefined || headers['if-range'] === etag ? headers.range : undefined;
  const range = rangeIn(asked, size);
  if (range === null) return reply.header('content-length', size).send(createReadStream(path));
  const { start, end } = range;
  return reply
    .code(206)
    .headers({ 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': end - start + 1 })
    .send(createReadStream(path, { start, end }));
}
