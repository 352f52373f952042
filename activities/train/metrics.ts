import { z } from 'zod';
import type { ArtifactStore } from '../artifacts/store.ts';

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
  /** resident memory of the training process */
  memoryBytes: z.int(),
});
export type StepMetrics = z.infer<typeof stepMetrics>;

/** Where a training's metrics are kept while it runs: its run's name and the digest of its identity. */
export interface MetricsKey {
  run: string;
  identity: string;
}

/** Records the metrics of consecutive steps. Writing the same first step again replaces them. */
export async function recordMetrics(
  store: ArtifactStore,
  key: MetricsKey,
  metrics: readonly StepMetrics[],
): Promise<void> {
  const [first] = metrics;
  if (!first) return;
  const name = `${folder(key)}/${String(first.step).padStart(9, '0')}.jsonl`;
  await store.writeEntry(name, toLines(metrics));
}

/** The metrics of the steps before `endStep`, in order, one for each step. */
export async function gatherMetrics(
  store: ArtifactStore,
  key: MetricsKey,
  endStep: number,
): Promise<StepMetrics[]> {
  const bySteps = new Map<number, StepMetrics>();
  for (const name of await store.listEntries(folder(key))) {
    const content = await store.readEntry(`${folder(key)}/${name}`);
    for (const line of content?.toString('utf8').split('\n') ?? []) {
      if (line === '') continue;
      const metrics = stepMetrics.parse(JSON.parse(line));
      if (metrics.step < endStep) bySteps.set(metrics.step, metrics);
    }
  }
  return [...bySteps.values()].sort((a, b) => a.step - b.step);
}

export function toLines(metrics: readonly StepMetrics[]): string {
  return metrics.map((step) => `${JSON.stringify(step)}\n`).join('');
}

function folder({ run, identity }: MetricsKey): string {
  return `training/${encodeURIComponent(run)}/${identity}/metrics`;
}
