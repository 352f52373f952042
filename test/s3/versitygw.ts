import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cached, execute, messageOf } from '../../workers/setup/cache.mjs';
import { type Host, ONE_MACHINE } from '../hosts/network.ts';

/** A real S3 server for tests, over a folder: https://github.com/versity/versitygw. Go's checksum database verifies it. */
const VERSION = '1.8.0';
const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const STARTS_WITHIN_MS = 30_000;

export const BUCKET = 'alpaca-bucket';

export interface S3Server {
  /** what leads the AWS SDK to it */
  env: Readonly<Record<string, string>>;
  endpoint: string;
  /** the bucket's own folder */
  folder: string;
  /** how many requests there were, by S3's name of each: `GetObject`, and what was not there as `GetObject 404` */
  requests(): Promise<Record<string, number>>;
  /** SIGKILL: what it has stored is kept */
  kill(): Promise<void>;
  /** starts it once more at the same address */
  start(): Promise<void>;
  /** ends it, and deletes what it has stored */
  stop(): Promise<void>;
}

/**
 * Builds it into the project's cache, once for all clones, and starts it with one bucket. Gives the reason where it
 * cannot be had: a test is skipped with it then.
 *
 * @param versioned with a bucket whose versions are kept
 * @param counted whether `requests` can tell how many there were
 * @param on a host of a network
 */
export async function startS3({
  versioned = false,
  counted = false,
  on,
}: {
  versioned?: boolean;
  counted?: boolean;
  on?: Host;
} = {}): Promise<S3Server | string> {
  let program: string;
  try {
    program = await versitygw();
  } catch (error) {
    return `needs versitygw, and Go to build it: ${messageOf(error)}`;
  }
  const home = await mkdtemp(join(tmpdir(), 'alpaca-s3-'));
  const [data, versions] = [join(home, 'data'), join(home, 'versions')];
  await mkdir(join(data, BUCKET), { recursive: true });
  const accessLog = join(home, 'access.log');
  await mkdir(versions);
  const port = await freePort();
  const host = on ?? (await ONE_MACHINE.host('store'));
  const endpoint = `http://${host.address}:${port}`;
  let child: ChildProcess | null = null;
  const server: S3Server = {
    endpoint,
    folder: join(data, BUCKET),
    env: {
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: 'alpaca',
      AWS_SECRET_ACCESS_KEY: 'alpaca-secret',
      AWS_REGION: 'us-east-1',
    },
    async start() {
      const options = [
        '--port',
        `${host.address}:${port}`,
        '--access',
        'alpaca',
        '--secret',
        'alpaca-secret',
      ];
      if (counted) options.push('--access-log', accessLog);
      const backend = ['posix', ...(versioned ? ['--versioning-dir', versions] : []), data];
      const started = host.start(program, [...options, '--keep-alive', '--quiet', ...backend], process.env);
      started.stdout?.resume();
      child = started;
      await answers(endpoint, started);
    },
    async requests() {
      const found: Record<string, number> = {};
      for (const line of (await readFile(accessLog, 'utf8')).split('\n')) {
        const [, operation, status = ''] = / s3_(\w+) \S+ \S+ (\d{3}) /.exec(line) ?? [];
        if (operation === undefined) continue;
        const name = status.startsWith('2') ? operation : `${operation} ${status}`;
        found[name] = (found[name] ?? 0) + 1;
      }
      return found;
    },
    async kill() {
      const ended = child;
      child = null;
      if (ended === null || ended.exitCode !== null) return;
      const gone = new Promise((resolve) => ended.once('exit', resolve));
      ended.kill('SIGKILL');
      await gone;
    },
    async stop() {
      await server.kill();
      await rm(home, { recursive: true, force: true });
    },
  };
  process.once('exit', () => child?.kill('SIGKILL'));
  await server.start();
  return server;
}

export async function versitygw(): Promise<string> {
  const name = `versitygw-${VERSION}-${process.platform}-${process.arch}`;
  const folder = await cached(name, async (target) => {
    await execute('go', ['install', `${MODULE}@v${VERSION}`], {
      env: { ...process.env, GOBIN: target },
      timeoutMs: 20 * 60_000,
    });
  });
  return join(folder, 'versitygw');
}

async function answers(endpoint: string, child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  for (let waited = 0; waited < STARTS_WITHIN_MS; waited += 50) {
    if (child.exitCode !== null) throw new Error(`versitygw ended: ${said}`);
    const isUp = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(50);
  }
  throw new Error(`versitygw does not answer: ${said}`);
}

/** One that nothing listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
