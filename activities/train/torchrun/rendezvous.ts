import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NodeOfShard, NodePlace, Rendezvous } from '../../../workflows/contracts/train/nodes.ts';
import type { Attempt } from '../../attempt.ts';
import { AlpacaError } from '../../errors.ts';

/** Says where a node is, and gives where all meet once all are there. */
export type Gather = (place: NodePlace) => Promise<Rendezvous>;

/** A node among the others, who all are there. */
export interface Meeting extends NodeOfShard, Rendezvous {
  /** this node's own */
  ownAddress: string;
}

/** What only the first node knows, and all go by. */
type Beginning = Pick<NodePlace, 'checkpoint' | 'bestStep'>;

/** Where nobody gathers workers. */
export const nowhere: Gather = async () => {
  throw needsFleet();
};

/** A command trains on its own machine. */
export function needsFleet(): AlpacaError {
  return new AlpacaError('InvalidInput', 'Training on several nodes takes a fleet of GPU workers.', {
    remedy: 'Start it as a run (`npx alpaca run`), or leave nodes out.',
  });
}

/**
 * Waits, with the worker held, until all nodes are there.
 *
 * @param given this machine's address, as the others reach it; null: the first that is not its own loopback
 * @throws the signal's reason where that comes first; what the workflow refuses it with
 */
export async function meet(
  node: NodeOfShard,
  beginning: Beginning,
  { gather, address: given, attempt }: { gather: Gather; address: string | null; attempt: Attempt },
): Promise<Meeting> {
  const { signal } = attempt;
  signal.throwIfAborted();
  const ownAddress = given ?? firstAddress();
  const { group, node: number } = node;
  const place = { group, node: number, address: ownAddress, port: await freePort(), ...beginning };
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    return { ...node, ...(await Promise.race([gather(place), stopped])), ownAddress };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What torchrun is told of the others. */
export function nodeArguments({ node, nodes, address, port, ownAddress }: Meeting): string[] {
  return [
    `--nnodes=${nodes}`,
    `--node-rank=${node}`,
    `--master-addr=${address}`,
    `--master-port=${port}`,
    `--local-addr=${ownAddress}`,
    `--rdzv-conf=timeout=${MEETING_SECONDS}`,
  ];
}

/** Of a large model a node may read for long while another has it on its disk. */
const MEETING_SECONDS = 1800;

/** By which network the processes of this node reach the others; what the worker's environment says goes first. */
export function networkOf({ ownAddress }: Meeting, env: NodeJS.ProcessEnv): Record<string, string> {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some(({ address }) => address === ownAddress),
  );
  if (found === undefined) return {};
  const names = ['GLOO_SOCKET_IFNAME', 'NCCL_SOCKET_IFNAME'];
  return Object.fromEntries(names.filter((name) => !env[name]).map((name) => [name, found[0]]));
}

function firstAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, () => {
      const found = server.address();
      server.close(() => resolve(typeof found === 'object' && found ? found.port : 0));
    });
  });
}
