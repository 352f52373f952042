import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A hub on loopback: as much of its protocol as an upload needs. */
export interface FakeHub extends AsyncDisposable {
  url: string;
  /** `METHOD path` of every request, in order */
  requests: string[];
  /** the tokens that requests came with */
  tokens: Set<string>;
  /** repositories that were made: type, name and visibility */
  made: object[];
  /** the files of the last commit, by path */
  files: Map<string, Buffer>;
}

/** Answers like the hub; Parquet and weights go by LFS, other files in the commit. */
export async function startFakeHub({
  refuse,
  location,
}: {
  refuse?: number;
  location?: string;
} = {}): Promise<FakeHub> {
  const objects = new Map<string, Buffer>();
  const hub = {
    requests: [] as string[],
    tokens: new Set<string>(),
    made: [] as object[],
    files: new Map<string, Buffer>(),
  };
  const commit = (body: Buffer): object => {
    for (const line of body.toString('utf8').split('\n')) {
      const { key, value } = JSON.parse(line);
      if (key === 'file') hub.files.set(value.path, Buffer.from(value.content, value.encoding));
      if (key === 'lfsFile') hub.files.set(value.path, objects.get(value.oid) ?? Buffer.alloc(0));
    }
    return { commitOid: 'abc', commitUrl: 'http://hub.test/commit/abc', hookOutput: '' };
  };
  const answer = (path: string, method: string, body: Buffer, url: string): [number, object] => {
    if (method === 'HEAD' || method === 'GET') return [404, { error: 'Repository not found' }];
    if (path === '/api/repos/create') {
      hub.made.push(JSON.parse(body.toString('utf8')));
      return [200, { url: `${url}/made`, id: 'made' }];
    }
    if (path.includes('/preupload/')) {
      const { files }: { files: { path: string }[] } = JSON.parse(body.toString('utf8'));
      const isLarge = (name: string) => /\.(parquet|safetensors)$/.test(name);
      return [
        200,
        { files: files.map((file) => ({ ...file, uploadMode: isLarge(file.path) ? 'lfs' : 'regular' })) },
      ];
    }
    if (path.endsWith('/info/lfs/objects/batch')) {
      const asked: { objects: { oid: string; size: number }[] } = JSON.parse(body.toString('utf8'));
      const upload = (oid: string) => ({ upload: { href: `${url}/lfs/${oid}` } });
      return [
        200,
        {
          transfer: 'basic',
          objects: asked.objects.map((object) => ({ ...object, actions: upload(object.oid) })),
        },
      ];
    }
    if (method === 'PUT') {
      objects.set(createHash('sha256').update(body).digest('hex'), body);
      return [200, {}];
    }
    return path.includes('/commit/') ? [200, commit(body)] : [404, { error: `no ${path}` }];
  };
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const path = request.url ?? '';
    hub.requests.push(`${request.method} ${path}`);
    if (!path.startsWith('/lfs/')) hub.tokens.add(request.headers.authorization ?? 'none');
    const [status, json] =
      refuse === undefined
        ? answer(path, request.method ?? '', body, address())
        : [refuse, { error: `Not with this token: ${request.headers.authorization}.` }];
    const headers = { 'content-type': 'application/json', ...(location === undefined ? {} : { location }) };
    response.writeHead(status, headers).end(JSON.stringify(json));
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...hub,
    url: address(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
