import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initializeAdapter } from '../../activities/model/adapter/lora.ts';
import { initializeWeights } from '../../activities/model/folder/initialize.ts';
import { writeTensors } from '../../activities/model/folder/safetensors.ts';
import { writeModel } from '../../activities/model/folder/write-model.ts';
import { ALLOCATOR, SMALL_HEAP } from '../../activities/process/child-process.ts';
import { planMemory, residentPeak } from '../../activities/train/memory-plan/memory-plan.ts';
import { pythonWith } from '../python.ts';
import { SHAPES, type Shape } from './shapes.ts';
import { type Answer, Side } from './side.ts';
import { MASKED_SHARE, makeWorkload, modelFlops, SEED, VARIANTS, type Workload } from './workload.ts';

const WARM_UP_STEPS = 3;
/** Steps that are timed together, so that a turn takes a second or more. */
const STEPS_A_TURN = { small: 8, large: 2 };
/** What the losses of the two sides may differ by, at every step. */
const LOSS_TOLERANCE = 1e-2;

export const PYTORCH = {
  modules: ['torch', 'safetensors'],
  packages: ['torch==2.15.0', 'safetensors==0.8.0', 'numpy==2.4.6'],
};

type ShapeName = keyof typeof SHAPES;
type VariantName = keyof typeof VARIANTS;

/** The answers of both sides to one question; null where there is no other. */
interface Turn {
  ours: Answer;
  peer: Answer | null;
}

/**
 * `npm run bench -- train [--shape small,large] [--variant f32,bf16,lora-f32,lora-bf16] [--pairs 5]`: a
 * training step of the product's trainer against the same in eager PyTorch, in turns, from the same
 * weights on the same batches.
 *
 * @throws Error where the losses of the two sides come apart
 */
export async function benchTrain(args: string[]): Promise<Record<string, unknown>> {
  const { shapes, variants, pairs } = parseOptions(args);
  const environment = await pythonWith('train', PYTORCH);
  if ('missing' in environment) {
    console.error(`The training benchmark is left out: ${environment.missing}`);
    return { skipped: environment.missing };
  }
  const comparisons: Record<string, unknown>[] = [];
  for (const shape of shapes) {
    for (const variant of variants) {
      console.error(`train: ${shape}, ${variant}`);
      const job = { name: shape, shape: SHAPES[shape], variant, pairs, turn: STEPS_A_TURN[shape] };
      comparisons.push(await compareSteps(job, environment.python));
    }
  }
  return {
    cores: availableParallelism(),
    pairs,
    warmUpSteps: WARM_UP_STEPS,
    maskedShare: MASKED_SHARE,
    comparisons,
  };
}

/** What of a training step is compared. */
export interface StepComparison {
  name: string;
  shape: Shape;
  variant: VariantName;
  /** turns of each side */
  pairs: number;
  /** steps of a turn */
  turn: number;
}

/**
 * Our step beside PyTorch's, from the same weights on the same batches.
 *
 * @param python null: ours alone
 */
export function compareSteps(job: StepComparison, python: string | null): Promise<Record<string, unknown>> {
  return inFolder((folder) => compare(job, python, folder));
}

async function compare(
  { name, shape, variant, pairs, turn }: StepComparison,
  python: string | null,
  folder: string,
) {
  const { method } = VARIANTS[variant];
  const { config, length, rows } = shape;
  const workload = makeWorkload(shape, VARIANTS[variant]);
  await writeWorkload(folder, workload);
  const load = loadavg()[0] ?? 0;
  const steps = `${WARM_UP_STEPS + pairs * turn}`;
  const ours = new Side(process.execPath, [...SMALL_HEAP, script('ours.ts'), folder, steps], ALLOCATOR);
  const { name: oursName, device, baselineMiB = 0 } = await ours.introduction();
  const peerArguments = [script('peer.py'), folder, device === 'gpu' ? 'cuda' : 'cpu'];
  const peer = python === null ? null : new Side(python, peerArguments);
  const peerName = peer && (await peer.introduction()).name;
  const takeSteps = async (count: number): Promise<Turn> => {
    const answers = { ours: await ours.takeSteps(count), peer: peer && (await peer.takeSteps(count)) };
    checkLosses(answers);
    return answers;
  };
  await takeSteps(WARM_UP_STEPS);
  const turns: Turn[] = [];
  for (let pair = 0; pair < pairs; pair += 1) turns.push(await takeSteps(turn));
  const { flopsPerSecond } = await ours.measurePeak();
  await Promise.all([ours.end(), peer?.end()]);

  const tokens = rows * length * turn;
  const seconds = median(turns.map(({ ours }) => ours.seconds));
  const last = turns.at(-1);
  const planned = plannedBytes(workload, shape, device ?? 'cpu');
  return {
    shape: name,
    variant,
    ours: oursName,
    vocabSize: config.vocabSize,
    tokensAStep: rows * length,
    oursTokensPerSecond: Math.round(tokens / seconds),
    oursPeakMiB: Math.round(last?.ours.peakMiB ?? 0),
    oursBeforeMiB: Math.round(baselineMiB),
    ...(last?.ours.deviceMiB === undefined ? {} : { oursDeviceMiB: last.ours.deviceMiB }),
    plannedMiB: Math.round(planned / 2 ** 20),
    ...(peerName === null ? {} : besidePeer(peerName, turns, tokens)),
    lastLoss: rounded(last?.ours.losses.at(-1) ?? Number.NaN),
    modelFlopsUtilization: rounded((modelFlops(shape, method) * turn) / seconds / flopsPerSecond),
    peakGigaflopsPerSecond: Math.round(flopsPerSecond / 1e9),
    loadBefore: rounded(load),
  };
}

function besidePeer(name: string, turns: readonly Turn[], tokens: number) {
  const pairs = turns.flatMap(({ ours, peer }) => (peer ? [{ ours, peer }] : []));
  const last = pairs.at(-1)?.peer;
  return {
    peer: name,
    peerTokensPerSecond: Math.round(tokens / median(pairs.map(({ peer }) => peer.seconds))),
    ratio: rounded(median(pairs.map(({ ours, peer }) => peer.seconds / ours.seconds))),
    ratios: pairs.map(({ ours, peer }) => rounded(peer.seconds / ours.seconds)),
    peerPeakMiB: Math.round(last?.peakMiB ?? 0),
    ...(last?.deviceMiB === undefined ? {} : { peerDeviceMiB: last.deviceMiB }),
    largestLossDifference: rounded(Math.max(...pairs.map(({ ours, peer }) => lossDifference(ours, peer)))),
  };
}

/** What the plan of memory says: of a GPU's memory, or of the machine's above what a process has before. */
function plannedBytes({ config, lora, settings }: Workload, { rows, length }: Shape, device: 'cpu' | 'gpu') {
  const microBatch = { rows, length, targets: rows * length, packed: false };
  const { precision, activationCheckpointing } = settings;
  const plan = planMemory({
    config,
    lora,
    precision,
    activationCheckpointing,
    microBatch,
    accumulates: false,
  });
  return device === 'gpu' ? plan.device : residentPeak(plan, 'cpu');
}

/** The weights and the data that both sides read. */
async function writeWorkload(folder: string, workload: Workload): Promise<void> {
  const { config, lora } = workload;
  const weights = initializeWeights(config, SEED);
  await writeModel(join(folder, 'model'), { config, weights, from: null });
  await writeFile(join(folder, 'workload.json'), JSON.stringify(workload));
  if (!lora) return;
  const adapter = initializeAdapter(config, weights, lora, SEED);
  await writeTensors(join(folder, 'adapter.safetensors'), adapter, { dtype: 'F32', metadata: {} });
}

function checkLosses({ ours, peer }: Turn): void {
  if (peer === null || lossDifference(ours, peer) <= LOSS_TOLERANCE) return;
  throw new Error(`the losses differ: ours ${ours.losses.join(' ')}, the peer's ${peer.losses.join(' ')}`);
}

/** NaN where either is. */
function lossDifference(ours: Answer, peer: Answer): number {
  return Math.max(...ours.losses.map((loss, step) => Math.abs(loss - (peer.losses[step] ?? Number.NaN))));
}

function parseOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: 'string', default: Object.keys(SHAPES).join() },
      variant: { type: 'string', default: Object.keys(VARIANTS).join() },
      pairs: { type: 'string', default: '5' },
    },
  });
  const isShape = (name: string): name is ShapeName => Object.hasOwn(SHAPES, name);
  const isVariant = (name: string): name is VariantName => Object.hasOwn(VARIANTS, name);
  return {
    shapes: values.shape.split(',').filter(isShape),
    variants: values.variant.split(',').filter(isVariant),
    pairs: Number(values.pairs),
  };
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-bench-train-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
