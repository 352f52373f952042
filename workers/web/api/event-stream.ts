import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FollowedRuns, RunEvent } from '../../runs/followed-runs.ts';

/** A connection that says nothing for longer may be taken for dead on its way. */
const WORD_EVERY_MS = 15_000;
/** After the end, for what waits to be read. */
const READ_WITHIN_MS = 10_000;
/** Bytes that wait for a follower who does not read: he is let go, and comes back by the last event's id. */
const MOST_WAITING = 1 << 20;

interface StreamOptions {
  /** asked again while the stream is open: false where the follower's token opens nothing any more */
  mayFollow(): Promise<boolean>;
  wordEveryMs?: number;
  readWithinMs?: number;
}

/** Sends how a run stands as server-sent events, until it ends, the follower leaves or may follow no more. */
export async function sendEvents(
  followed: FollowedRuns,
  id: string,
  request: FastifyRequest,
  reply: FastifyReply,
  { mayFollow, wordEveryMs = WORD_EVERY_MS, readWithinMs = READ_WITHIN_MS }: StreamOptions,
): Promise<FastifyReply> {
  const last = request.headers['last-event-id'];
  const after = typeof last === 'string' ? last : null;
  const { raw } = reply;
  // Events may come before it is known that the stream begins.
  const early: RunEvent[] = [];
  let tell = (event: RunEvent): void => void early.push(event);
  const { leave, hasEnded } = await followed.follow(id, { after, tell: (event) => tell(event) });
  if (hasEnded || raw.destroyed) {
    leave();
    return reply.code(204).send();
  }
  reply.hijack();
  raw.on('error', () => raw.destroy());
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  if (request.method === 'HEAD') {
    leave();
    raw.end();
    return reply;
  }
  raw.flushHeaders();
  const end = () => {
    clearInterval(word);
    leave();
    raw.end();
    setTimeout(() => raw.destroy(), readWithinMs).unref();
  };
  const word = setInterval(() => {
    raw.write(': here\n\n');
    // A store that does not answer ends no stream.
    mayFollow().then(
      (may) => may || raw.writableEnded || end(),
      () => {},
    );
  }, wordEveryMs).unref();
  raw.once('close', () => {
    clearInterval(word);
    leave();
  });
  tell = ({ id: number, data, isLast }) => {
    if (raw.writableEnded) return;
    raw.write(`id: ${number}\nevent: ${isLast ? 'end' : 'run'}\ndata: ${data}\n\n`);
    if (isLast) end();
    else if (raw.writableLength > MOST_WAITING) raw.destroy();
  };
  for (const event of early) tell(event);
  return reply;
}
