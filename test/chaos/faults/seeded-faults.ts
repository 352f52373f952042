import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { hostsOfTheirOwn, type Network } from '../../hosts/network.ts';
import { type Processes, type ProcessName, startProcesses } from '../../processes.ts';
import { type FailingNetwork, failingNetwork, numbersFrom } from '../../s3/failing-network.ts';
import { BUCKET, type S3Server, startS3 } from '../../s3/versitygw.ts';
import { failedWorkflowTasks } from '../in-flight.ts';
import { STEADY_TEACHER } from '../steady-teacher.ts';

/** What is done to one run, at the most. */
export const FAULTS_A_RUN = 20;

/** All of the recipe, in half a minute of a quiet machine: 40 rows, 8 steps in two shards, 8 answers each. */
const RUN = {
  generate: { target: 40, concurrency: 2, roundSize: 2, promptsPerRequest: 1 },
  train: { epochs: 1, shardsPerEpoch: 2, globalBatch: 4, checkpointEverySteps: 2 },
  evaluate: { maxInstructions: 8, maxNewTokens: 24 },
};

const PROCESSES = ['data-worker', 'gpu-worker', 'temporal', 'teacher'] as const;
const HOSTS = [...PROCESSES, 'store'] as const;
const KINDS = ['kill', 'kill', 'cut', 'failing store'] as const;
/** A run that waits longer and longer for what has failed is told now and then that it is there. */
const RESUME_EVERY_MS = 10_000;

export interface Disturbed {
  seed: number;
  faults: string[];
  /** of the disturbed run, and of an undisturbed one over the ledger that it left */
  found: Record<string, string>;
  expected: Record<string, string>;
}

/** A fleet on hosts of its own over a bucket, and what can be done to it. */
export class DisturbedFleet {
  readonly kind: string;
  readonly #network: Network;
  readonly #store: S3Server;
  readonly #way: FailingNetwork;
  readonly #processes: Processes;
  readonly #folder: string;

  /** Gives the reason where it cannot be had. */
  static async start(): Promise<DisturbedFleet | string> {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-faults-'));
    const network = await hostsOfTheirOwn(folder);
    const store = await startS3({ on: await network.host('store') });
    if (typeof store === 'string') return store;
    const way = await failingNetwork(store.endpoint, 1, 0, network.address);
    const processes = await startProcesses({
      network,
      store: `s3://${BUCKET}/fleet`,
      env: { ...store.env, AWS_ENDPOINT_URL_S3: way.endpoint, ALPACA_HEARTBEAT_SECONDS: '1' },
      teacher: STEADY_TEACHER,
    });
    for (const name of ['data-worker', 'gpu-worker'] as const) await processes.start(name);
    return new DisturbedFleet(folder, network, store, way, processes);
  }

  constructor(folder: string, network: Network, store: S3Server, way: FailingNetwork, processes: Processes) {
    this.kind = network.kind;
    this.#folder = folder;
    this.#network = network;
    this.#store = store;
    this.#way = way;
    this.#processes = processes;
  }

  /**
   * One run with so many faults as the seed draws them, or as many as it lasts for; and the same run undisturbed over
   * the ledger that it leaves: what was paid for is the same then.
   */
  async run(seed: number, faults: number): Promise<Disturbed> {
    const draw = numbersFrom(seed);
    const done: string[] = [];
    const disturbed = await this.#start(`seed-${seed}`, seed);
    let isOver = false;
    const result = disturbed.result().finally(() => {
      isOver = true;
    });
    result.catch(() => {});
    while (done.length < faults) {
      await sleep(300 + 3000 * draw());
      if (isOver) break;
      done.push(await this.#disturb(draw));
    }
    const resuming = setInterval(() => disturbed.executeUpdate('resume').catch(() => {}), RESUME_EVERY_MS);
    const found = digestsOf(await result.finally(() => clearInterval(resuming)));
    const again = await this.#start(`seed-${seed}-again`, seed);
    return { seed, faults: done, found, expected: digestsOf(await again.result()) };
  }

  failedWorkflowTasks(): Promise<number> {
    return failedWorkflowTasks(this.#processes.client);
  }

  async stop(): Promise<void> {
    await this.#processes.stop();
    await this.#way.close();
    await this.#store.stop();
    await this.#network.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #start(
    workflowId: string,
    seed: number,
  ): Promise<WorkflowHandle<(input: unknown) => Promise<AlpacaResult>>> {
    const input = { ...RUN, runSeed: seed, generate: { ...RUN.generate, ledger: `seed-${seed}` } };
    return this.#processes.client.workflow.start('alpaca', {
      ...{ taskQueue: 'alpaca', workflowId, args: [input] },
    });
  }

  /** @returns what was done */
  async #disturb(draw: () => number): Promise<string> {
    const among = <Kind>(kinds: readonly Kind[]): Kind => kinds[Math.floor(draw() * kinds.length)] as Kind;
    const kind = among(KINDS);
    const ms = Math.round(500 + 6000 * draw());
    if (kind === 'failing store') {
      this.#way.share = 0.3;
      await sleep(ms);
      this.#way.share = 0;
      return `a store that fails three requests in ten for ${ms} ms`;
    }
    const host = among(HOSTS);
    if (kind === 'cut') {
      const found = await this.#network.host(host);
      await found.cut();
      await sleep(ms);
      await found.heal();
      return `${host} cut off for ${ms} ms`;
    }
    if (host === 'store') {
      await this.#store.kill();
      await sleep(ms);
      await this.#store.start();
    } else await this.#killed(host, ms);
    return `${host} killed, and back after ${ms} ms`;
  }

  async #killed(name: ProcessName, ms: number): Promise<void> {
    await this.#processes.kill(name);
    await sleep(ms);
    await this.#processes.start(name);
  }
}

function digestsOf({ generate, dedupe, tokenize, train, dataset, evaluate }: AlpacaResult) {
  const { wins, ties, losses } = evaluate.pairwise;
  return {
    generated: generate.data.sha256,
    kept: dedupe.data.sha256,
    tokens: tokenize.tokens.sha256,
    checkpoint: train.checkpoint.sha256,
    model: train.model.sha256,
    dataset: dataset.sha256,
    answers: evaluate.answersA.sha256,
    verdicts: `${wins} wins, ${ties} ties, ${losses} losses`,
  };
}
