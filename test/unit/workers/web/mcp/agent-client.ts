import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { FastifyInstance } from 'fastify';

/** An agent's client of the official SDK, whose requests a web service answers without a network. */
export async function agentClient(
  app: FastifyInstance,
  { token, mode = 'auto' }: { token?: string; mode?: 'auto' | 'legacy' } = {},
): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await client.connect(
    new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      requestInit: { headers },
      fetch: async (url, init) => {
        const request = new Request(url, init);
        const method = request.method === 'GET' ? 'GET' : request.method === 'DELETE' ? 'DELETE' : 'POST';
        const { statusCode, body, ...answer } = await app.inject({
          ...{ method, url: '/mcp', payload: await request.text() },
          headers: { ...Object.fromEntries(request.headers), host: 'localhost' },
        });
        const type = String(answer.headers['content-type'] ?? '');
        return new Response(body === '' ? null : body, {
          status: statusCode,
          headers: type === '' ? {} : { 'content-type': type },
        });
      },
    }),
  );
  return client;
}
