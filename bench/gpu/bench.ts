import { parseArgs } from 'node:util';
import { unwatched } from '../../activities/attempt.ts';
import { askDevice } from '../../activities/train/memory-plan/ask-device.ts';
import { trainUnderKills } from '../../test/chaos/training/kills.ts';
import { type Processes, startProcesses } from '../../test/processes.ts';
import { advertised } from '../../workers/fleet/device-line.ts';
import { messageOf } from '../../workers/setup/cache.mjs';
import type { TrainResult } from '../../workflows/contracts/train.ts';
import { pythonWith } from '../python.ts';
import { compareSteps, PYTORCH } from '../train/bench.ts';
import { GPU_SHAPES, TINY } from './shapes.ts';

/** The seed tasks as rows: 80 steps in three shards. */
const TRAINING = { epochs: 1, shardsPerEpoch: 3, globalBatch: 2, checkpointEverySteps: 4 };
const KILLS = 3;

/**
 * `npm run bench -- gpu [--minutes 12] [--dry]`: all that a first GPU has to show. Its set-up; our step in bf16 beside
 * eager PyTorch's at the shapes of three published models; a training under three kills, with its digests compared; a
 * training by torchrun. Without a GPU it is a dry run at tiny shapes, which says so and installs nothing. Each part is
 * told on standard error as it ends, and none begins after the minutes are over; where one fails the rest goes on.
 */
export async function benchGpu(args: string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string', default: '12' }, dry: { type: 'boolean', default: false } },
  });
  const begun = performance.now();
  const endsAt = begun + Number(values.minutes) * 60_000;
  const device = advertised(await askDevice(unwatched));
  const isDry = values.dry || device.kind === 'cpu';
  if (isDry) console.error('This is a dry run: tiny shapes, whose figures say nothing of any GPU.');
  const found = await pythonWith('train', PYTORCH, !isDry);
  const python = 'python' in found ? found.python : null;
  const pyTorch = 'python' in found ? found.python : `left out: ${found.missing}`;

  const results: Record<string, unknown> = { dryRun: isDry, ...device, pyTorch };
  const part = async (name: string, work: () => Promise<unknown>) => {
    const startedAt = performance.now();
    const isLate = startedAt > endsAt;
    const result = isLate
      ? `left out: ${values.minutes} minutes were over`
      : await work().catch((error: unknown) => ({ failed: messageOf(error) }));
    results[name] = result;
    if (typeof result === 'object' && result !== null && 'failed' in result) process.exitCode = 1;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.error(`${name}, ${seconds} s: ${JSON.stringify(result)}`);
  };
  for (const [name, shape] of Object.entries(isDry ? TINY : GPU_SHAPES))
    await part(`step ${name}`, () =>
      compareSteps({ name, shape, variant: 'bf16', pairs: 3, turn: isDry ? 2 : 8 }, python),
    );
  await part('kills', () => withWorkers({}, killed));
  await part('torchrun', async () => {
    if (python === null) return pyTorch;
    return withWorkers({ ALPACA_PYTHON: python }, byTorchrun);
  });
  return { ...results, seconds: Math.round((performance.now() - begun) / 1000) };
}

async function killed(processes: Processes): Promise<Record<string, unknown>> {
  const training = { input: TRAINING, kills: KILLS, pastStep: 5 };
  const { undisturbed, killed, attempts } = await trainUnderKills(processes, training);
  const sameModel = killed.model.sha256 === undisturbed.model.sha256;
  const sameCheckpoint = killed.checkpoint.sha256 === undisturbed.checkpoint.sha256;
  const figures = { kills: KILLS, attempts, sameModel, sameCheckpoint, loss: killed.loss };
  return sameModel && sameCheckpoint ? figures : { failed: 'the digests differ', ...figures };
}

async function byTorchrun({ client }: Processes): Promise<Record<string, unknown>> {
  const startedAt = performance.now();
  const { loss, model }: TrainResult = await client.workflow.execute('train', {
    taskQueue: 'alpaca',
    workflowId: 'torchrun',
    args: [{ ...TRAINING, engine: 'torchrun' }],
  });
  return { seconds: Math.round((performance.now() - startedAt) / 1000), loss, model: model.sha256 };
}

async function withWorkers<Result>(
  env: NodeJS.ProcessEnv,
  work: (processes: Processes) => Promise<Result>,
): Promise<Result> {
  const processes = await startProcesses({ env: { ALPACA_HEARTBEAT_SECONDS: '1', ...env } });
  try {
    await processes.start('data-worker');
    await processes.start('gpu-worker');
    return await work(processes);
  } finally {
    await processes.stop();
  }
}
