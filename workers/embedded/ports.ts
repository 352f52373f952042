import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { AlpacaError } from '../../activities/errors.ts';

export interface PortChoice {
  port: number;
  /** false where the preferred port was taken, and another had to do */
  preferred: boolean;
}

/** The preferred port of 127.0.0.1 when it is free, else any that is; 0 prefers none. */
export async function choosePort(preferred: number): Promise<PortChoice> {
  if (preferred === 0) return { port: await anyPort(), preferred: true };
  if (await isFree(preferred)) return { port: preferred, preferred: true };
  return { port: await anyPort(), preferred: false };
}

/** Below what Linux (32768) and others give to connections that go out, and to whoever asks for any port. */
const OURS = { from: 20_000, below: 32_768 };

/**
 * A port of 127.0.0.1 that is free now, and likely still is when it is opened: no connection takes it in between,
 * and two that ask at once are given different ones.
 */
export async function anyPort(): Promise<number> {
  for (let draw = 0; draw < 100; draw += 1) {
    const port = randomInt(OURS.from, OURS.below);
    if (await isFree(port)) return port;
  }
  return listenOnce(0);
}

/** A port that was free may be taken before it is listened at: the start is made again, with what is free then. */
export async function despiteTakenPorts<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      const isTaken =
        error instanceof AlpacaError &&
        /address already in use|EADDRINUSE|port \d+ is in use/.test(error.message);
      if (!isTaken || tries === 3) throw error;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
    throw new AlpacaError('Configuration', `No port can be opened on 127.0.0.1 (${code}).`, {
      remedy: 'Allow this process to listen on the loopback network.',
      cause: error,
    });
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
