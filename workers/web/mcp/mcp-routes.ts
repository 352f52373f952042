import { AsyncLocalStorage } from 'node:async_hooks';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { log } from '../../../activities/log.ts';
import type { Visitor } from '../../runs/access/visitor.ts';
import { refuseDeepBody } from '../../runs/deep-body.ts';
import { visitorOf } from '../admission.ts';
import { LARGEST_API_BODY } from '../api/operation.ts';
import { agentServer } from './agent-server.ts';
import { MCP } from './mcp-path.ts';
import type { AgentSources } from './tools.ts';

/** Streams that an agent keeps open, though nothing is told over them: tools do not change. */
const MOST_STREAMS = 100;

/** `/mcp`: the Model Context Protocol as streamable HTTP, without sessions. Admission has asked who it is. */
export function serveMcp(app: FastifyInstance, sources: AgentSources): void {
  const asking = new AsyncLocalStorage<Visitor>();
  const handler = createMcpHandler(
    () => {
      const visitor = asking.getStore();
      if (visitor === undefined) throw new Error('an agent asks, and nobody knows who it is');
      return agentServer({ visitor, use: (work) => work(sources) });
    },
    {
      maxSubscriptions: MOST_STREAMS,
      onerror: (error) => log.write('debug', 'an agent’s request', { error }),
    },
  );
  app.addHook('onClose', () => handler.close());
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: MCP,
    bodyLimit: LARGEST_API_BODY,
    handler: async (request, reply) => {
      refuseDeepBody(request.body);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const answer = await asking.run(visitorOf(request), () =>
        handler.fetch(webRequest(request, gone.signal), { parsedBody: request.body }),
      );
      return reply.send(answer);
    },
  });
}

/** The body is read already. */
function webRequest({ method, headers, url }: FastifyRequest, signal: AbortSignal): Request {
  const texts = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] satisfies [string, string]] : [],
  );
  return new Request(new URL(url, 'http://localhost'), { method, headers: texts, signal });
}
