import { z } from 'zod';
import type { Round } from '../../workflows/contracts/rounds.ts';
import type { TrainingSettings } from '../../workflows/contracts/train-activities.ts';

/** What is known of the held-out loss on the way. A checkpoint has it: whoever goes on decides the same. */
export const heldOutProgress = z.strictObject({
  /** the lowest loss so far, in nats per target token, and the updates made when it was measured */
  best: z.strictObject({ step: z.int(), loss: z.number() }).nullable(),
  /** measurements since the best */
  withoutImprovement: z.int(),
});
export type HeldOutProgress = z.infer<typeof heldOutProgress>;

export const NOTHING_MEASURED: HeldOutProgress = { best: null, withoutImprovement: 0 };

/**
 * Takes a measurement. It is the new best where it lies more than `minimumImprovement` below the best before
 * it, as in Keras's EarlyStopping; a loss that is no number never is.
 */
export function afterMeasuring(
  { best, withoutImprovement }: HeldOutProgress,
  measured: { step: number; loss: number },
  minimumImprovement: number,
): HeldOutProgress {
  const bound = best === null ? Number.POSITIVE_INFINITY : best.loss - minimumImprovement;
  if (measured.loss < bound) return { best: measured, withoutImprovement: 0 };
  return { best, withoutImprovement: withoutImprovement + 1 };
}

/**
 * What a checkpoint says of held-out loss, where that was measured in this run; the measurements of another
 * run, which it goes on from, count as none.
 *
 * @param bestStep of the best checkpoint that this run has
 */
export function ownProgress(found: HeldOutProgress, bestStep: number | null): HeldOutProgress {
  return (found.best?.step ?? null) === bestStep ? found : NOTHING_MEASURED;
}

/** Why training is to end here; null where it goes on. */
export function reasonToStop(
  { best, withoutImprovement }: HeldOutProgress,
  { patience, minimumImprovement }: Pick<TrainingSettings, 'patience' | 'minimumImprovement'>,
): string | null {
  if (patience === null || withoutImprovement < patience) return null;
  const byHowMuch = minimumImprovement > 0 ? ` by more than ${minimumImprovement}` : '';
  const lowest =
    best === null ? 'and was never a number' : `below ${best.loss.toFixed(4)} of step ${best.step}`;
  return `held-out loss has not fallen${byHowMuch} ${lowest} in ${withoutImprovement} measurements`;
}

/** True where held-out loss is measured after this many updates: every so often, and after the last. */
export function isMeasured(
  step: number,
  totalSteps: number,
  { evaluateEverySteps }: Pick<TrainingSettings, 'evaluateEverySteps'>,
): boolean {
  return evaluateEverySteps !== null && (step % evaluateEverySteps === 0 || step === totalSteps);
}

/**
 * True where held-out loss is measured after a round of several workers: no worker has what the others have
 * learnt before it ends, so the first end of a round on or after each measurement's step takes its place.
 */
export function isMeasuredAfterRound(
  { fromStep, toStep }: Pick<Round, 'fromStep' | 'toStep'>,
  totalSteps: number,
  { evaluateEverySteps }: Pick<TrainingSettings, 'evaluateEverySteps'>,
): boolean {
  if (!evaluateEverySteps) return false;
  const due = (step: number) => Math.floor(step / evaluateEverySteps);
  return due(toStep) > due(fromStep) || toStep === totalSteps;
}
