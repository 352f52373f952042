import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A machine of a network: what is started on it has an address, a home and a temporary folder of its own. */
export interface Host {
  address: string;
  start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess;
  /** nothing reaches it any more, and nothing that it sends arrives */
  cut(): Promise<void>;
  heal(): Promise<void>;
}

export interface Network {
  /** what its hosts are, for whoever reads a test's output */
  kind: string;
  /** of this process, as its hosts reach it */
  address: string;
  /** the host of that name, made when it is first asked for */
  host(name: string): Promise<Host>;
  close(): Promise<void>;
}

/** All on this machine, with nothing between. */
export const ONE_MACHINE: Network = {
  kind: 'one machine',
  address: '127.0.0.1',
  host: async () => ({
    address: '127.0.0.1',
    start: (command, args, env) => start(command, args, env),
    cut: () => Promise.reject(new Error('one machine cannot be cut off from itself')),
    heal: async () => {},
  }),
  close: async () => {},
};

/**
 * Hosts with a network namespace each, all plugged into one bridge: a cut takes the link down, as when a cable is
 * pulled, and connections live on in silence. Where namespaces are not to be had, hosts are processes with folders of
 * their own, and a cut stops them (SIGSTOP).
 *
 * @param folder beneath which each host has its own
 */
export async function hostsOfTheirOwn(folder: string): Promise<Network> {
  const made = await Namespaces.make(folder).catch((error: Error) => error);
  return made instanceof Namespaces ? made : processesAsHosts(folder, made.message);
}

class Namespaces implements Network {
  readonly kind = 'network namespaces';
  readonly #folder: string;
  readonly #id = randomInt(16 ** 6).toString(16);
  /** the second byte of a private network that nobody else here is likely to have */
  readonly #net = `10.${randomInt(100, 250)}.${randomInt(256)}`;
  readonly #hosts = new Map<string, Promise<Host>>();

  static async make(folder: string): Promise<Namespaces> {
    const network = new Namespaces(folder);
    try {
      await ip('link', 'add', network.#bridge, 'type', 'bridge');
      await ip('address', 'add', `${network.address}/24`, 'dev', network.#bridge);
      await ip('link', 'set', network.#bridge, 'up');
      await ip('netns', 'add', network.#namespace(0));
      await ip('netns', 'delete', network.#namespace(0));
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  constructor(folder: string) {
    this.#folder = folder;
    process.once('exit', () => this.#unplug());
  }

  get address(): string {
    return `${this.#net}.1`;
  }

  get #bridge(): string {
    return `alp${this.#id}`;
  }

  host(name: string): Promise<Host> {
    const known = this.#hosts.get(name) ?? this.#plug(name, this.#hosts.size);
    this.#hosts.set(name, known);
    return known;
  }

  async close(): Promise<void> {
    this.#unplug();
  }

  /** At once: a process that exits waits for nothing. */
  #unplug(): void {
    for (let number = 0; number < this.#hosts.size; number += 1)
      spawnSync('ip', ['netns', 'delete', this.#namespace(number)]);
    spawnSync('ip', ['link', 'delete', this.#bridge]);
    this.#hosts.clear();
  }

  async #plug(name: string, number: number): Promise<Host> {
    const space = this.#namespace(number);
    const [plug, socket] = [`${this.#bridge}h${number}`, `${this.#bridge}s${number}`];
    const address = `${this.#net}.${number + 2}`;
    await ip('netns', 'add', space);
    await ip('link', 'add', plug, 'type', 'veth', 'peer', 'name', socket);
    await ip('link', 'set', plug, 'netns', space);
    await ip('link', 'set', socket, 'master', this.#bridge, 'up');
    await ip('-n', space, 'address', 'add', `${address}/24`, 'dev', plug);
    await ip('-n', space, 'link', 'set', plug, 'up');
    await ip('-n', space, 'link', 'set', 'lo', 'up');
    const home = await foldersOf(join(this.#folder, name));
    return {
      address,
      start: (command, args, env) =>
        start('ip', ['netns', 'exec', space, command, ...args], { ...env, ...home }),
      cut: () => ip('link', 'set', socket, 'down'),
      heal: () => ip('link', 'set', socket, 'up'),
    };
  }

  #namespace(number: number): string {
    return `alpaca-${this.#id}-${number}`;
  }
}

function processesAsHosts(folder: string, reason: string): Network {
  const hosts = new Map<string, Promise<Host>>();
  const make = async (name: string): Promise<Host> => {
    const home = await foldersOf(join(folder, name));
    const children: ChildProcess[] = [];
    const signal = async (name: NodeJS.Signals) => {
      for (const { pid, exitCode } of children) if (pid && exitCode === null) process.kill(-pid, name);
    };
    return {
      address: '127.0.0.1',
      start(command, args, env) {
        const child = start(command, args, { ...env, ...home });
        children.push(child);
        return child;
      },
      cut: () => signal('SIGSTOP'),
      heal: () => signal('SIGCONT'),
    };
  };
  return {
    kind: `separate processes and folders, for there are no network namespaces (${reason.trim()})`,
    address: '127.0.0.1',
    host(name) {
      const known = hosts.get(name) ?? make(name);
      hosts.set(name, known);
      return known;
    },
    close: async () => {},
  };
}

/** What a machine of one's own has of a disk. */
async function foldersOf(home: string): Promise<NodeJS.ProcessEnv> {
  const folders = { HOME: home, TMPDIR: join(home, 'tmp'), ALPACA_STORE_CACHE: join(home, 'store') };
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
  return folders;
}

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args);
}
