import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A hub on loopback that models and data sets are fetched from. */
export interface HubServer extends AsyncDisposable {
  url: string;
  /** `METHOD path` of every request, with the first byte that it asked for where that is not 0 */
  requests: string[];
  tokens: Set<string>;
  /** bytes after which the next large file's connection is cut; null for never */
  cutAfter: number | null;
}

export interface HubRepository {
  commit: string;
  /** names beside the commit by which it is known */
  revisions: readonly string[];
  /** contents by path; .safetensors and .parquet lie in LFS */
  files: ReadonlyMap<string, Buffer>;
  gated?: boolean;
}

/**
 * @param repositories by their names, those of data sets with `datasets/` before them
 * @param damaged a file that is not as its digest says
 */
export async function startHubServer(
  repositories: Readonly<Record<string, HubRepository>>,
  { damaged }: { damaged?: string } = {},
): Promise<HubServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    hub.requests.push(`${request.method} ${path}${from > 0 ? ` from ${from}` : ''}`);
    hub.tokens.add(request.headers.authorization ?? 'none');
    const json = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const [, api, name = '', rest = ''] =
      /^(\/api)?\/(?:models\/)?((?:datasets\/)?[^/]+\/[^/]+)\/(.*)$/.exec(path) ?? [];
    const model = repositories[name];
    if (!model) return json(401, { error: 'Invalid username or password.' });
    const [, revision = '', file = ''] = /^(?:revision|tree|resolve)\/([^/]+)\/?(.*)$/.exec(rest) ?? [];
    if (![model.commit, ...model.revisions].includes(revision)) return json(404, { error: 'Invalid rev id' });
    if (api && rest.startsWith('revision'))
      return json(200, { _id: '1', id: name, sha: model.commit, gated: model.gated ? 'manual' : false });
    if (model.gated && request.headers.authorization !== 'Bearer hf_may')
      return json(403, { error: `Access to model ${name} is restricted.` });
    if (api) return json(200, [...model.files].map(entryOf));
    const content = model.files.get(file);
    if (!content) return json(404, { error: 'Entry not found' });
    const sent = file === damaged ? Buffer.alloc(content.length) : content;
    const last = Number(/bytes=\d+-(\d+)/.exec(request.headers.range ?? '')?.[1] ?? content.length - 1);
    const part = sent.subarray(from, last + 1);
    response.writeHead(206, {
      'content-range': `bytes ${from}-${last}/${content.length}`,
      'content-length': part.length,
      etag: '"x"',
    });
    if (hub.cutAfter === null || part.length <= hub.cutAfter) return response.end(part);
    const cut = hub.cutAfter;
    hub.cutAfter = null;
    response.write(part.subarray(0, cut), () => setImmediate(() => response.destroy()));
  });
  const hub: HubServer = {
    url: '',
    requests: [],
    tokens: new Set(),
    cutAfter: null,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hub;
}

function entryOf([path, content]: [string, Buffer]): object {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const git = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const isLarge = /\.(safetensors|parquet)$/.test(path);
  return {
    ...{ type: 'file', path, size: content.length, oid: git },
    ...(isLarge ? { lfs: { oid: sha256, size: content.length, pointerSize: 130 } } : {}),
  };
}
