import type { TrainShardResult } from '../../../workflows/contracts/train-activities.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { ShardKey } from '../checkpoint/checkpoint-pointer.ts';
import { gatherMetrics, recordMetrics, type StepMetrics } from '../metrics.ts';
import { figuresOf } from '../process/recorder.ts';

/**
 * A round as a whole: the mean loss of its steps, its tokens over the time from its first step's beginning to
 * its last one's end by the clocks of its machines, and the figures of its last step.
 */
export async function summarizeRound(
  store: ArtifactStore,
  { fromStep, toStep, ...key }: ShardKey,
): Promise<Pick<TrainShardResult, 'loss' | 'tokensPerSecond' | 'figures'>> {
  const all = await gatherMetrics(store, key, toStep);
  const steps = all.filter(({ step }) => step >= fromStep);
  const beganAt = Math.min(
    ...steps.map(({ endedAt, tokens, tokensPerSecond }) => endedAt - tokens / tokensPerSecond),
  );
  const seconds = Math.max(...steps.map(({ endedAt }) => endedAt)) - beganAt;
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  const measured = all.findLast(({ heldOutLoss }) => heldOutLoss !== null);
  const last = steps.at(-1);
  return {
    loss: steps.reduce((sum, { loss }) => sum + loss, 0) / steps.length,
    tokensPerSecond: tokens / seconds,
    figures: last ? figuresOf(last, measured?.heldOutLoss ?? null) : null,
  };
}

/** Notes the held-out loss after a round with the metrics of its last step. */
export async function recordHeldOutLoss(
  store: ArtifactStore,
  { toStep, ...key }: ShardKey,
  heldOutLoss: number,
): Promise<void> {
  const last: StepMetrics | undefined = (await gatherMetrics(store, key, toStep)).at(-1);
  if (last) await recordMetrics(store, key, [{ ...last, heldOutLoss }]);
}
