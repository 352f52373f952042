import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before an endpoint and passes everything on, but says of jobs less than they were created with. */
export interface ForgetfulEndpoint extends AsyncDisposable {
  url: string;
  /** cut the connection of the next creation of a job after it was made */
  cutNextCreation(): void;
  /** the jobs that were made until now are not there any more */
  loseJobs(): void;
}

/** @param forgets fields of jobs that it gives back as null, as some providers do with `metadata` */
export async function startForgetfulEndpoint(
  behind: string,
  forgets: readonly string[],
  inListsAlone = false,
): Promise<ForgetfulEndpoint> {
  let cut = false;
  const made = new Set<string>();
  const gone = new Set<string>();
  const server = createServer((request, response) => void pass(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = 'GET', url = '', headers } = request;
    const type = headers['content-type'];
    const answer = await fetch(`${new URL(behind).origin}${url}`, {
      method,
      ...(type === undefined ? {} : { headers: { 'content-type': type }, body: Buffer.concat(chunks) }),
    });
    const text = await answer.text();
    if (method === 'POST' && url === '/v1/batches') made.add(JSON.parse(text).id);
    if (gone.has(url.split('/').at(-1) ?? '')) {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"message":"No such job."}}');
      return;
    }
    if (cut && method === 'POST' && url === '/v1/batches') {
      cut = false;
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(url.startsWith('/v1/batches') ? JSON.stringify(forgotten(JSON.parse(text))) : text);
  }

  function forgotten(job: { data?: Record<string, unknown>[] }): unknown {
    const nothing = Object.fromEntries(forgets.map((field) => [field, null]));
    if (Array.isArray(job.data)) {
      const there = job.data.filter(({ id }) => !gone.has(String(id)));
      return { ...job, data: there.map((each) => ({ ...each, ...nothing })) };
    }
    return inListsAlone ? job : { ...job, ...nothing };
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    cutNextCreation() {
      cut = true;
    },
    loseJobs() {
      for (const id of made) gone.add(id);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
