import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { trainingTogether } from '../activity-bounds.ts';
import { nodePlace, type Rendezvous } from '../contracts/train/nodes.ts';
import type { TrainShardInput, TrainShardResult } from '../contracts/train-activities.ts';
import { Gathering } from '../decisions/train/gathering.ts';
import { refused } from '../failed.ts';
import { gatherUpdate } from '../messages.ts';
import { BegunWork } from './begun-work.ts';

/** The others end with the first one, which has then put the result into the store. */
const ENDING_MS = 10_000;

/**
 * Has shards trained by several GPU workers at once, each of which is a node of torchrun. They hold their worker and say
 * where they are; once all are there they are told where to meet and what to go on from. Where one fails, or not all
 * come in time, all are let go: a try is of all of them or of none.
 */
export class ShardsOnNodes {
  #groups = 0;
  #gathering: Gathering | null = null;

  constructor() {
    setHandler(gatherUpdate, (place) => this.#join(place), {
      description: 'Internal: a GPU worker says where it is, and hears where to meet the others.',
      validator: (sent) => {
        const read = nodePlace.safeParse(sent);
        if (!read.success) throw refused('that is no place of a worker');
        const why = this.#gathering === null ? 'nobody is gathered' : this.#gathering.refusal(read.data);
        if (why !== null) throw refused(why);
      },
    });
  }

  /** How many workers of the last try were there. */
  get came(): number {
    return this.#gathering?.came ?? 0;
  }

  /**
   * One try at a shard, from its last checkpoint on.
   *
   * @param summary what the Temporal UI shows beside the activities
   * @returns null where not all workers came within `gatherSeconds` of the first
   */
  async train(input: TrainShardInput, summary: string): Promise<TrainShardResult | null> {
    const { nodes, gatherSeconds } = input.settings;
    const gathering = new Gathering(this.#groups, nodes);
    this.#groups += 1;
    this.#gathering = gathering;
    const named = (node: number) => ({ ...input, node: { group: gathering.group, node, nodes } });
    const begin = <Result>(work: () => Promise<Result>) => new BegunWork(work, 'A node of a shard failed.');
    const { trainShard } = trainingTogether(summary);
    const first = begin(() => trainShard(named(0)));
    const others = Array.from({ length: nodes - 1 }, (_, other) => {
      const { joinShard } = trainingTogether(`${summary}, node ${other + 2} of ${nodes}`);
      return begin(() => joinShard(named(other + 1)));
    });
    const all = [first, ...others];
    const failed = () => all.find(({ error }) => error !== undefined);
    const isOver = () => first.done !== null || failed() !== undefined;
    let lost: unknown;
    try {
      await condition(() => isOver() || gathering.came > 0);
      const gathered = () => isOver() || gathering.isComplete;
      await condition(gathered, gatherSeconds * 1000, { summary: `gathers ${nodes} GPU workers` });
      if (gathering.isComplete) await condition(isOver);
      lost = failed()?.error;
      if (first.done !== null) await condition(() => others.every(({ isOver }) => isOver), ENDING_MS);
    } finally {
      gathering.end();
      for (const each of all) each.stop();
      // Their workers are free and their processes gone before anything is begun anew.
      await CancellationScope.nonCancellable(() => condition(() => all.every(({ isOver }) => isOver)));
    }
    if (first.done !== null) return first.done.result;
    if (lost !== undefined) throw lost;
    return null;
  }

  /** Read anew: a validator changes nothing. */
  async #join(sent: unknown): Promise<Rendezvous> {
    const gathering = this.#gathering;
    if (gathering === null) throw refused('nobody is gathered');
    gathering.join(nodePlace.parse(sent));
    await condition(() => gathering.isComplete || gathering.isOver);
    const rendezvous = gathering.rendezvous();
    if (rendezvous === null) throw refused(`only ${gathering.came} of ${gathering.nodes} workers came`);
    return rendezvous;
  }
}
