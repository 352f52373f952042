import type { TrainingSettings } from '../../../workflows/contracts/train-activities.ts';

export type ScheduleSettings = Pick<TrainingSettings, 'schedule' | 'learningRate' | 'warmupRatio'>;

/**
 * The learning rate of an update, as Hugging Face's Trainer has it: a linear warmup over ceil(warmupRatio *
 * totalSteps) updates, the first of them at 0, then half a cosine or a line down to 0, or no change.
 *
 * @param step from 0
 */
export function learningRateAt(step: number, totalSteps: number, settings: ScheduleSettings): number {
  const { schedule, learningRate, warmupRatio } = settings;
  const warmupSteps = Math.ceil(warmupRatio * totalSteps);
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  switch (schedule) {
    case 'constant':
      return learningRate;
    case 'linear':
      return learningRate * (1 - progress);
    case 'cosine':
      return learningRate * 0.5 * (1 + Math.cos(Math.PI * progress));
  }
}
