import { type ThrownError, toThrownError } from './thrown-error.ts';

/** What a child process says to its parent; ids pair answers with what they answer. */
export type ChildMessage<Reply, Event> =
  | { kind: 'reply'; id: number; reply: Reply }
  | { kind: 'failure'; id: number; error: ThrownError }
  | { kind: 'event'; id: number; event: Event }
  | { kind: 'alive' };

export type ParentMessage<Request> =
  | { kind: 'request'; id: number; request: Request }
  | { kind: 'acknowledged'; id: number }
  | { kind: 'stop' };

/** How often a child whose thread is not busy says that it is there, in milliseconds. */
const ALIVE_EVERY_MS = 10_000;

/**
 * Answers the parent's requests in the order of their arrival, one at a time, until the parent is gone.
 * The other end is ChildProcess of child-process.ts.
 *
 * @param handle may `tell` the parent something and wait until it was dealt with. `stop` aborts where it is to
 *   answer soon, with what it has; once something was dealt with it is up to date.
 */
export function serve<Request, Reply, Event = never>(
  handle: (request: Request, tell: (event: Event) => Promise<void>, stop: AbortSignal) => Promise<Reply>,
): void {
  const stop = new AbortController();
  const unacknowledged = new Map<number, () => void>();
  let told = 0;
  let last = Promise.resolve();
  const send = (message: ChildMessage<Reply, Event>) => process.send?.(message);

  const alive = setInterval(() => send({ kind: 'alive' }), ALIVE_EVERY_MS);
  alive.unref();

  const tell = (event: Event) =>
    new Promise<void>((resolve) => {
      told += 1;
      unacknowledged.set(told, resolve);
      send({ kind: 'event', id: told, event });
    });

  const answer = async (id: number, request: Request) => {
    try {
      send({ kind: 'reply', id, reply: await handle(request, tell, stop.signal) });
    } catch (error) {
      send({ kind: 'failure', id, error: toThrownError(error) });
    }
  };

  process.on('message', (message) => {
    const received = message as ParentMessage<Request>;
    if (received.kind === 'request') last = last.then(() => answer(received.id, received.request));
    else if (received.kind === 'stop') stop.abort();
    else {
      unacknowledged.get(received.id)?.();
      unacknowledged.delete(received.id);
    }
  });
  // Nobody would hear the answer, and a trainer without a parent would write a stale checkpoint.
  process.on('disconnect', () => process.exit(0));
  // A terminal and a supervisor signal the whole group: when this process ends is for its parent to say.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
}
