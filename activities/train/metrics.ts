import { z } from 'zod';
import { entryName } from '../artifacts/entry-name.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { EVENT_FILE_MARK, encodeEventFile, type ScalarEvent } from './event-file.ts';

/** What one optimizer step reports. */
export const stepMetrics = z.strictObject({
  /** from 0 */
  step: z.int(),
  epoch: z.int(),
  /** mean negative log-likelihood of the step's targets before the update, in nats */
  loss: z.number(),
  learningRate: z.number(),
  /** of the mean gradient, before clipping */
  gradientNorm: z.number(),
  /** tokens of the step's rows, padding not counted */
  tokens: z.int(),
  targets: z.int(),
  tokensPerSecond: z.number(),
  /** resident memory of the training process, and the most that it was */
  memoryBytes: z.int(),
  peakMemoryBytes: z.int(),
  /** alive in the TensorFlow binding */
  tensors: z.int(),
  /** mean negative log-likelihood of the held-out targets after the update; null where not measured */
  heldOutLoss: z.number().nullable(),
  /** seconds since 1970 */
  endedAt: z.number(),
});
export type StepMetrics = z.infer<typeof stepMetrics>;

/** Where a training's metrics are kept while it runs: its run's name and the digest of its identity. */
export interface MetricsKey {
  run: string;
  identity: string;
}

/**
 * Records the metrics of consecutive steps, as JSON lines and as an event file that TensorBoard shows while
 * the training runs. Writing the same first step again replaces them.
 */
export async function recordMetrics(
  store: ArtifactStore,
  key: MetricsKey,
  metrics: readonly StepMetrics[],
): Promise<void> {
  const [first] = metrics;
  if (!first) return;
  const name = String(first.step).padStart(9, '0');
  await store.writeEntry(`${folder(key)}/${name}.jsonl`, toLines(metrics));
  await store.writeEntry(
    `${root(key)}/tensorboard/events.out.${EVENT_FILE_MARK}.${name}.alpaca`,
    toEventFile(metrics),
  );
}

/** The metrics of the steps before `endStep`, in order, one for each step. */
export async function gatherMetrics(
  store: ArtifactStore,
  key: MetricsKey,
  endStep: number,
): Promise<StepMetrics[]> {
  const bySteps = new Map<number, StepMetrics>();
  for (const name of await store.listEntries(folder(key))) {
    for (const metrics of readMetrics(await store.readEntry(`${folder(key)}/${name}`)))
      if (metrics.step < endStep) bySteps.set(metrics.step, metrics);
  }
  return [...bySteps.values()].sort((a, b) => a.step - b.step);
}

/** What a file of metrics has, in its order; null has nothing. */
export function readMetrics(content: Buffer | null): StepMetrics[] {
  const lines = content?.toString('utf8').split('\n') ?? [];
  return lines.filter(Boolean).map((line) => stepMetrics.parse(JSON.parse(line)));
}

export function toLines(metrics: readonly StepMetrics[]): string {
  return metrics.map((step) => `${JSON.stringify(step)}\n`).join('');
}

/** The same as TensorBoard reads it. */
export function toEventFile(metrics: readonly StepMetrics[]): Uint8Array<ArrayBuffer> {
  return encodeEventFile(metrics.map(toEvent));
}

function toEvent(metrics: StepMetrics): ScalarEvent {
  const scalars: Record<string, number> = {
    'train/loss': metrics.loss,
    'train/learning_rate': metrics.learningRate,
    'train/gradient_norm': metrics.gradientNorm,
    'train/tokens_per_second': metrics.tokensPerSecond,
    'train/memory_bytes': metrics.memoryBytes,
    'train/epoch': metrics.epoch,
  };
  if (metrics.heldOutLoss !== null) scalars['held_out/loss'] = metrics.heldOutLoss;
  return { wallTime: metrics.endedAt, step: metrics.step, scalars };
}

function folder(key: MetricsKey): string {
  return `${root(key)}/metrics`;
}

function root({ run, identity }: MetricsKey): string {
  return `training/${entryName(run)}/${identity}`;
}
