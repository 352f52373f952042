import { availableParallelism, cpus } from 'node:os';
import type { NumberedExample } from '../../activities/model/example.ts';
import type { Weight } from '../../activities/model/folder/safetensors.ts';
import { trainInput } from '../../workflows/contracts/train.ts';
import { type TrainingSettings, trainingSettingsOf } from '../../workflows/contracts/train-activities.ts';
import { pretrain, rehearse } from './rehearsal.ts';
import { makeRows } from './task.ts';

/** Of Adam, in all trainings alike. */
const LEARNING_RATE = 4e-3;
const BATCH = 8;
const PRETRAINED_STEPS = 3000;
const HELD_OUT_ROWS = 64;

export interface LossOptions {
  seeds: number;
  workers: number[];
  /** optimizer steps of all workers together, and rounds that they are cut into */
  steps: number;
  rounds: number;
  folder: string;
}

/** Held-out loss in nats per target token, and how much it is above one worker's of the same seed, in percent. */
interface Compared {
  workers: number;
  outer: string;
  update: string;
  moments: string;
  losses: number[];
  above: { mean: number; worst: number };
  bytesUp: number;
  bytesDown: number;
}

/**
 * A pretrained model learns a dialect of its language, by one worker and by several in rounds, each on the same rows:
 * every number of workers with f32 and int8, average and Nesterov, and once with moments that are kept.
 */
export async function compareLosses(options: LossOptions): Promise<Record<string, unknown>> {
  const { seeds, steps, rounds, workers } = options;
  const base = pretrain(settingsOf({ runSeed: 5 }), makeRows(PRETRAINED_STEPS * BATCH, 5, 'language'));
  const heldOut = makeRows(HELD_OUT_ROWS, 99, 'dialect');
  const alone: number[] = [];
  const several = new Map<string, Compared>();
  for (let seed = 1; seed <= seeds; seed += 1) {
    const rows = makeRows(steps * BATCH, seed, 'dialect');
    const one = await measure({ runSeed: seed }, base, rows, heldOut, options.folder);
    alone.push(one.loss);
    console.error(`seed ${seed}, 1 worker: ${one.loss.toFixed(4)}`);
    for (const change of variants(workers, steps, rounds)) {
      const { loss, bytesUp, bytesDown } = await measure(
        { ...change, runSeed: seed },
        base,
        rows,
        heldOut,
        options.folder,
      );
      const { workers: count = 0, outer = '', roundUpdate: update = '', roundMoments: moments = '' } = change;
      const name = `${count} workers, ${outer}, ${update}, moments: ${moments}`;
      const losses = [...(several.get(name)?.losses ?? []), loss];
      const above = losses.map((each, index) => 100 * (each / (alone[index] ?? Number.NaN) - 1));
      const mean = above.reduce((sum, each) => sum + each, 0) / above.length;
      const figures = { mean: round(mean), worst: round(Math.max(...above)) };
      several.set(name, {
        ...{ workers: count, outer, update, moments, losses: losses.map((each) => Number(each.toFixed(4))) },
        ...{ above: figures, bytesUp: round(bytesUp), bytesDown: round(bytesDown) },
      });
      console.error(`seed ${seed}, ${name}: ${loss.toFixed(4)}, ${above.at(-1)?.toFixed(2)}% above`);
    }
  }
  const nesterovInt8 = [...several.values()].filter(
    ({ outer, update, moments }) => outer === 'nesterov' && update === 'int8' && moments === 'drop',
  );
  return {
    ...{ processor: cpus()[0]?.model, cores: availableParallelism() },
    ...{ parameters: [...base.values()].reduce((sum, { data }) => sum + data.length, 0), steps, rounds },
    alone: alone.map((loss) => Number(loss.toFixed(4))),
    several: [...several.values()],
    wanted: { aboveAtMost: 1, worstAtMost: 3, bytesAtMost: 1.1 },
    reached: nesterovInt8.map(({ workers, above, bytesUp, bytesDown }) => {
      return {
        workers,
        loss: above.mean <= 1 && above.worst <= 3,
        bytes: Math.max(bytesUp, bytesDown) <= 1.1,
      };
    }),
  };
}

type Change = Partial<TrainingSettings>;

function variants(workers: readonly number[], steps: number, rounds: number): Change[] {
  return workers.flatMap((count) => {
    const common = { workers: count, roundSteps: Math.floor(steps / (count * rounds)) };
    const moments = { roundMoments: 'drop' } as const;
    const all: Change[] = [];
    for (const outer of ['nesterov', 'average'] as const) {
      for (const roundUpdate of ['int8', 'f32'] as const)
        all.push({ ...common, ...moments, outer, roundUpdate });
    }
    return [...all, { ...common, roundMoments: 'keep', outer: 'nesterov', roundUpdate: 'int8' }];
  });
}

function settingsOf(change: Change): TrainingSettings {
  const asked = trainInput.parse({
    globalBatch: BATCH,
    microBatch: BATCH,
    learningRate: LEARNING_RATE,
    ...change,
  });
  return { ...trainingSettingsOf(asked), learningRate: LEARNING_RATE };
}

function measure(
  change: Change,
  base: Map<string, Weight>,
  rows: readonly NumberedExample[],
  heldOut: readonly NumberedExample[],
  folder: string,
) {
  return rehearse(settingsOf(change), base, rows, heldOut, folder);
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
