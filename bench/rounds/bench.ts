import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type FleetOptions, type FleetRun, runFleet } from './fleet.ts';
import { compareLosses } from './losses.ts';

/**
 * `npm run bench -- rounds [--seeds 3] [--workers 2,4,8] [--steps 1280] [--rounds 20] [--round-steps 200] [--fleet-rounds 3] [--checkpoint-every 50] [--only losses|fleet]`:
 * training by several workers against one. What a pretrained model comes to on equally many tokens is measured in one
 * process; how long rounds take, with training processes that are killed every 20 s and with one of three at a fifth of
 * its speed, with the product's activities on this machine, without a Temporal server. Figures mean something on a
 * quiet one.
 */
export async function benchRounds(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: {
      seeds: { type: 'string', default: '3' },
      workers: { type: 'string', default: '2,4,8' },
      steps: { type: 'string', default: '1280' },
      rounds: { type: 'string', default: '20' },
      'round-steps': { type: 'string', default: '200' },
      'fleet-rounds': { type: 'string', default: '3' },
      'checkpoint-every': { type: 'string', default: '50' },
      only: { type: 'string' },
    },
  });
  const begun = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-rounds-'));
  try {
    const losses =
      values.only === 'fleet'
        ? null
        : await compareLosses({
            seeds: Number(values.seeds),
            workers: values.workers.split(',').map(Number),
            steps: Number(values.steps),
            rounds: Number(values.rounds),
            folder,
          });
    const fleet =
      values.only === 'losses'
        ? null
        : await compareFleets({
            roundSteps: Number(values['round-steps']),
            rounds: Number(values['fleet-rounds']),
            checkpointEverySteps: Number(values['checkpoint-every']),
            folder,
          });
    return { ...{ losses, fleet }, seconds: Math.round((performance.now() - begun) / 1000) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of a round without trouble: how long it waits for a late shard. */
const GRACE = 0.1;

async function compareFleets({
  folder,
  ...given
}: Pick<FleetOptions, 'roundSteps' | 'rounds' | 'checkpointEverySteps' | 'folder'>): Promise<
  Record<string, unknown>
> {
  const run = async (name: string, change: Partial<FleetOptions>): Promise<FleetRun> => {
    const place = join(folder, name);
    await mkdir(place);
    const options = { workers: 2, killEverySeconds: 0, graceSeconds: null };
    const found = await runFleet({ ...options, ...given, ...change, folder: place });
    console.error(`${name}: ${JSON.stringify(found)}`);
    return found;
  };
  const undisturbed = await run('undisturbed', {});
  const killed = await run('killed', { killEverySeconds: 20 });
  const three = await run('three', { workers: 3 });
  const slow = await run('slow', { workers: 3, graceSeconds: (GRACE * three.seconds) / given.rounds });
  return {
    ...{
      undisturbed: rounded(undisturbed),
      killed: rounded(killed),
      three: rounded(three),
      slow: rounded(slow),
    },
    slowBesideThree: roundedAll({
      secondsOfAMergedStep: slow.seconds / slow.steps / (three.seconds / three.steps),
      secondsOfARound: slow.seconds / three.seconds,
    }),
    wanted: { goodputKilled: 0.85, slowBesideThree: 1.15, overheadSeconds: 2, bytes: 1.1 },
  };
}

function rounded({ overhead, ...run }: FleetRun): Record<string, unknown> {
  return { ...roundedAll(run), overhead: roundedAll({ ...overhead }) };
}

function roundedAll(figures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toFixed(3))]));
}
