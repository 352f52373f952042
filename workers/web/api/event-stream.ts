import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FollowedRuns, RunEvent } from '../../runs/followed-runs.ts';

/** A connection that says nothing for longer may be taken for dead on its way. */
const WORD_EVERY_MS = 15_000;
/** Bytes that wait for a follower who does not read: he is let go, and comes back by the last event's id. */
const MOST_WAITING = 1 << 20;

/** Sends how a run stands as server-sent events, until it ends or the follower leaves. */
export async function sendEvents(
  followed: FollowedRuns,
  id: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const last = request.headers['last-event-id'];
  const after = typeof last === 'string' ? last : null;
  const { raw } = reply;
  // Events may come before it is known that the stream begins.
  const early: RunEvent[] = [];
  let tell = (event: RunEvent): void => void early.push(event);
  const { leave, hasEnded } = await followed.follow(id, { after, tell: (event) => tell(event) });
  if (hasEnded) {
    leave();
    return reply.code(204).send();
  }
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  const word = setInterval(() => raw.write(': here\n\n'), WORD_EVERY_MS).unref();
  raw.once('close', () => {
    clearInterval(word);
    leave();
  });
  tell = ({ id: number, data, isLast }) => {
    raw.write(`id: ${number}\nevent: ${isLast ? 'end' : 'run'}\ndata: ${data}\n\n`);
    if (isLast) raw.end();
    else if (raw.writableLength > MOST_WAITING) raw.destroy();
  };
  if (raw.destroyed) leave();
  else for (const event of early) tell(event);
  return reply;
}
