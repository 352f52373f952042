import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { AlpacaError } from '../../activities/errors.ts';
import type { LlamaConfig } from '../../activities/model/folder/config.ts';
import { initializeWeights } from '../../activities/model/folder/initialize.ts';
import { writeModel } from '../../activities/model/folder/write-model.ts';
import { PhiloxStream } from '../../activities/philox.ts';
import { TokenFile } from '../../activities/tokenize/token-file.ts';
import { planTraining } from '../../activities/train/plan/plan-training.ts';
import { KeptProcess } from '../../activities/train/process/process.ts';
import { mergeShards } from '../../activities/train/round/merge-shards.ts';
import { trainShard } from '../../activities/train/shard.ts';
import type { RoundTraffic } from '../../workflows/contracts/rounds.ts';
import { trainInput } from '../../workflows/contracts/train.ts';
import {
  type MergeShardsInput,
  roundSettingsOf,
  type TrainShardInput,
  trainingSettingsOf,
} from '../../workflows/contracts/train-activities.ts';
import { type StepRange, shardsOf } from '../../workflows/decisions/rounds.ts';
import { type BegunShard, type Patience, TrainRounds } from '../../workflows/decisions/train/train-rounds.ts';
import { type FleetFigures, figuresOf, type TimedRound } from './fleet-figures.ts';
import { CONFIG } from './task.ts';

/** A model of 1.26 million parameters: what describes an update is small beside it. */
const FLEET_CONFIG: LlamaConfig = {
  ...CONFIG,
  ...{ vocabSize: 1024, hiddenSize: 160, intermediateSize: 432, layers: 3, headSize: 40 },
};
const BATCH = 4;
const LENGTH = 64;

export interface FleetRun extends FleetFigures {
  seconds: number;
  bytesUp: number;
  bytesDown: number;
  kills: number;
}

export interface FleetOptions {
  workers: number;
  roundSteps: number;
  rounds: number;
  checkpointEverySteps: number;
  /** kill a training process that has a shard so often, one worker's after the other's; 0: never */
  killEverySeconds: number;
  /** the first worker has a fifth of its time; the others do not wait for it for longer than the grace */
  graceSeconds: number | null;
  folder: string;
}

/**
 * Trains in rounds by the product's activities, each shard in a process of its own, all on this machine and without a
 * Temporal server: what its tasks and polls take is not measured.
 */
export async function runFleet(options: FleetOptions): Promise<FleetRun> {
  const { workers, roundSteps, rounds, checkpointEverySteps, killEverySeconds, graceSeconds, folder } =
    options;
  const store = createLocalStore({ root: join(folder, 'store') });
  const weights = initializeWeights(FLEET_CONFIG, 1);
  await writeModel(join(folder, 'model'), { config: FLEET_CONFIG, weights, from: null });
  const model = await store.take('model', join(folder, 'model'), { madeBy: 'bench' }, 'model');
  const count = workers * roundSteps * rounds * BATCH;
  await writeRows(join(folder, 'tokens.parquet'), count);
  const tokens = await store.take('tokens', join(folder, 'tokens.parquet'), { madeBy: 'bench', rows: count });
  const quorum = graceSeconds === null ? null : workers - 1;
  const asked = trainingSettingsOf(
    trainInput.parse({
      ...{ workers, roundSteps, quorum, graceSeconds: graceSeconds ?? 0, lateShards: 'leave-out' },
      ...{ epochs: 1, globalBatch: BATCH, microBatch: BATCH, roundUpdate: 'int8', checkpointEverySteps },
    }),
  );
  const { plan, totalSteps, learningRate } = await planTraining(
    { settings: asked, model, tokens, addedTokens: [] },
    { store },
  );
  const fleet = new Fleet(workers, graceSeconds !== null);
  const kept = Array.from({ length: workers }, () => new KeptProcess());
  // None is busy with a late shard here: a round's shards are the workers'.
  const keptBy = ({ fromStep, round }: TrainShardInput) =>
    kept[Math.floor((fromStep - (round?.fromStep ?? 0)) / roundSteps)] ?? null;
  const settings = { ...asked, learningRate };
  const several = roundSettingsOf(settings);
  if (several === null) throw new RangeError('a fleet has several workers');
  const traffic: RoundTraffic = { up: 0, down: 0, own: 0 };
  let shards: StepRange[] = [];
  const training = new TrainRounds(
    several,
    {
      activities: () => ({
        trainShard: (work: TrainShardInput) =>
          fleet.shard((attempt, number) =>
            trainShard(work, { store, saveWithinMs: 0, kept: keptBy(work) }, attempt, number),
          ),
        mergeShards: (work: MergeShardsInput) => {
          shards = shardsOf(work.round).filter((_, shard) => work.shards[shard] !== null);
          return mergeShards(work, { store }, unwatched, 1);
        },
      }),
      shards: (works, patience) => fleet.round(works, patience),
      merged: (round) => {
        for (const way of ['up', 'down', 'own'] as const) traffic[way] += round.traffic[way];
      },
    },
    null,
  );
  const killing =
    killEverySeconds > 0 ? setInterval(() => void fleet.killOne(), 1000 * killEverySeconds) : undefined;
  const begun = performance.now();
  const timed: TimedRound[] = [];
  let checkpoint = null;
  try {
    for (let step = 0; step < totalSteps; ) {
      const begunAt = Date.now() / 1000;
      const work = { settings, run: 'fleet', model, tokens, plan, totalSteps, addedTokens: [] };
      const merged = await training.next(step, { ...work, checkpoint, best: null, heldOutTokens: null });
      ({ step, checkpoint } = merged);
      timed.push({ begun: begunAt, ended: Date.now() / 1000, merged: shards });
    }
  } finally {
    clearInterval(killing);
    fleet.close();
    for (const each of kept) await each.end();
  }
  const seconds = (performance.now() - begun) / 1000;
  const values = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  return {
    seconds,
    ...(await figuresOf(store, timed, { workers, totalSteps })),
    bytesUp: traffic.up / values / (workers * timed.length),
    bytesDown: traffic.down / values / (workers * timed.length),
    kills: fleet.kills,
  };
}

/** Runs attempts as a server would: one that has failed is tried again, and one that is late is stopped. */
class Fleet {
  readonly #running: AbortController[] = [];
  readonly #workers: number;
  readonly #hasSlowOne: boolean;
  readonly #slowing = new Set<NodeJS.Timeout>();
  #attempts = 0;
  #isOver = false;
  kills = 0;

  constructor(workers: number, hasSlowOne: boolean) {
    this.#workers = workers;
    this.#hasSlowOne = hasSlowOne;
  }

  /** The process that lives longest, so one worker's after the other's, once none of them waits for a shard. */
  async killOne(): Promise<void> {
    const areAllAtWork = () => this.#running.length === this.#workers;
    while (!this.#isOver) {
      const [victim] = areAllAtWork() ? await childrenOf(process.pid) : [];
      if (victim !== undefined && areAllAtWork() && kill(victim)) {
        this.kills += 1;
        return;
      }
      await sleep(50);
    }
  }

  close(): void {
    this.#isOver = true;
    for (const each of this.#running) each.abort(new Error('the bench is over'));
    for (const timer of this.#slowing) clearInterval(timer);
  }

  async shard<Result>(
    train: (attempt: typeof unwatched, number: number) => Promise<Result>,
  ): Promise<Result> {
    for (;;) {
      const controller = new AbortController();
      this.#running.push(controller);
      this.#attempts += 1;
      try {
        return await train({ signal: controller.signal, report() {} }, this.#attempts);
      } catch (error) {
        if (!(error instanceof AlpacaError) || error.code !== 'ProcessDied') throw error;
        await sleep(TRIED_AGAIN_MS);
      } finally {
        const place = this.#running.indexOf(controller);
        if (place >= 0) this.#running.splice(place, 1);
      }
    }
  }

  async round<Result>(
    works: readonly (() => Promise<Result>)[],
    { quorum, graceSeconds }: Patience,
  ): Promise<BegunShard<Result>[]> {
    const results: (Result | null)[] = works.map(() => null);
    const stops: (() => void)[] = [];
    const before = new Set(await childrenOf(process.pid));
    const begun: Promise<void>[] = [];
    for (const [shard, work] of works.entries()) {
      const known = this.#running.length;
      begun.push(
        work().then(
          (result) => {
            results[shard] = result;
          },
          (error: unknown) => {
            if (!(error instanceof LeftOut)) throw error;
          },
        ),
      );
      const attempt = this.#running[known];
      stops[shard] = () => attempt?.abort(new LeftOut());
      if (shard === 0 && this.#hasSlowOne) await this.#slow(before, () => results[0] !== null);
    }
    const all = Promise.all(begun);
    const isOver = () => results.every((result) => result !== null);
    while (!isOver() && (quorum === null || results.filter((result) => result !== null).length < quorum))
      await Promise.race([all, sleep(50)]);
    if (!isOver()) await Promise.race([all, sleep(1000 * graceSeconds)]);
    return results.map((done, shard) => {
      if (done !== null) return { done };
      return { late: { result: () => results[shard] ?? null, leaveOut: () => stops[shard]?.() } };
    });
  }

  /** Stops the process that is begun next for four fifths of its time; one that was kept is slow already. */
  async #slow(before: ReadonlySet<number>, isDone: () => boolean): Promise<void> {
    let found: number | undefined;
    while (found === undefined) {
      if (isDone()) return;
      found = (await childrenOf(process.pid)).find((child) => !before.has(child));
      await sleep(10);
    }
    const pid = found;
    let tick = 0;
    const timer: NodeJS.Timeout = setInterval(() => {
      try {
        process.kill(pid, tick % 5 === 0 ? 'SIGCONT' : 'SIGSTOP');
        tick += 1;
      } catch {
        clearInterval(timer);
        this.#slowing.delete(timer);
      }
    }, 50);
    this.#slowing.add(timer);
  }
}

/** The server's first wait before an activity is tried again. */
const TRIED_AGAIN_MS = 1000;

class LeftOut extends Error {}

/** False where the process has ended already. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** From the oldest on. */
async function childrenOf(parent: number): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // After the program's name, which may have anything in it: state, then the parent.
    const [, parentOf] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parentOf) === parent) found.push(Number(name));
  }
  return found.sort((a, b) => a - b);
}

/** Rows of random tokens: only how long they take is of interest. */
async function writeRows(path: string, count: number): Promise<void> {
  const stream = new PhiloxStream(1, 'decode', 2);
  const file = new TokenFile(path);
  for (let row = 0; row < count; row += 1) {
    const inputIds = Int32Array.from({ length: LENGTH }, () => stream.nextBelow(FLEET_CONFIG.vocabSize));
    file.add({ row, inputIds, labels: inputIds });
  }
  await file.close();
}
