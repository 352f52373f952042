import type { FastifyReply } from 'fastify';

/** Server-sent events of one answer. */
export interface EventStream {
  send(event: object): void;
  /** @param last what OpenAI's protocol ends a whole stream with */
  end(last?: '[DONE]'): void;
}

/**
 * Begins an answer of server-sent events. While nothing is sent a comment goes out now and then: an answer that waits for
 * its turn, or for a long prompt, would be taken for a dead connection by what stands between.
 */
export function openEvents(reply: FastifyReply, keepAliveMs: number): EventStream {
  reply.hijack();
  const before = Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]);
  reply.raw.writeHead(200, {
    ...Object.fromEntries(before),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
  reply.raw.flushHeaders();
  const waiting = setInterval(() => reply.raw.write(': waiting\n\n'), keepAliveMs).unref();
  reply.raw.on('close', () => clearInterval(waiting));
  return {
    send(event) {
      waiting.refresh();
      reply.raw.write(`data: ${JSON.stringify(event)}\n\n`);
    },
    end(last) {
      clearInterval(waiting);
      reply.raw.end(last && `data: ${last}\n\n`);
    },
  };
}
