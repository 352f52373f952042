import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { bytes } from '../../activities/document/figures.ts';
import { html } from '../../activities/document/html.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { page } from './page.ts';

/**
 * Downloads from the store, by uri alone: `/artifacts/KIND/SHA256/NAME`, and `/artifacts/KIND/SHA256/NAME/FILE`
 * for a file of a folder. A file is served only if the artifact's manifest lists it under just that name,
 * so no path is ever made of what a visitor typed. Nothing is shown as a page of this service: an HTML or
 * SVG file in the store could otherwise act in its name.
 */
export function serveArtifacts(app: FastifyInstance, store: ArtifactStore): void {
  app.get<{ Params: { kind: string; sha256: string; name: string } }>(
    '/artifacts/:kind/:sha256/:name',
    async ({ params: { kind, sha256, name } }, reply) => {
      const { path, files } = await find(kind, sha256, name);
      if (files === undefined) return send(reply, path, name, sha256);
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
    },
  );

  app.get<{ Params: { kind: string; sha256: string; name: string; '*': string } }>(
    '/artifacts/:kind/:sha256/:name/*',
    async ({ params: { kind, sha256, name, '*': wanted } }, reply) => {
      const { path, files } = await find(kind, sha256, name);
      const file = files?.find((listed) => listed.path === wanted);
      if (!file) throw new AlpacaError('NotFound', `The artifact ${name} has no file ${wanted}.`);
      return send(reply, join(path, ...file.path.split('/')), file.path, file.sha256);
    },
  );

  async function find(kind: string, sha256: string, name: string) {
    const reference = await store.resolve(`artifact://${kind}/${sha256}/${name}`, kind);
    const { files } = await store.readManifest(reference);
    return { path: await store.open(reference), files };
  }
}

/** Formats that a browser may show as text; all else is for saving. */
const SHOWN: Record<string, string> = {
  '.json': 'application/json; charset=utf-8',
  '.jsonl': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

async function send(reply: FastifyReply, path: string, name: string, sha256: string) {
  const { size } = await stat(path);
  const type = SHOWN[extname(name)];
  const fileName = encodeURIComponent(name.slice(name.lastIndexOf('/') + 1));
  return reply
    .headers({
      'content-type': type ?? 'application/octet-stream',
      'content-length': size,
      'content-disposition': `${type === undefined ? 'attachment' : 'inline'}; filename*=UTF-8''${fileName}`,
      // The address names the content: it never changes.
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${sha256}"`,
    })
    .send(createReadStream(path));
}
