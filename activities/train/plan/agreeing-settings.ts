import type { TrainingSettings } from '../../../workflows/contracts/train-activities.ts';
import { AlpacaError } from '../../errors.ts';

type Measured = Partial<Pick<TrainingSettings, 'evaluateEverySteps' | 'patience' | 'exportBest'>>;

/**
 * Refuses settings that would do nothing, though somebody set them.
 *
 * @throws AlpacaError InvalidInput naming them
 */
export function checkAgreement({ evaluateEverySteps, patience, exportBest }: Measured): void {
  const idle = [...(patience ? ['patience'] : []), ...(exportBest ? ['exportBest'] : [])];
  if (evaluateEverySteps || idle.length === 0) return;
  throw new AlpacaError(
    'InvalidInput',
    `${idle.join(' and ')} ${idle.length === 1 ? 'goes' : 'go'} by the held-out loss on the way, and it is not measured: evaluateEverySteps is null.`,
    { remedy: `Set evaluateEverySteps, or leave ${idle.join(' and ')} out.` },
  );
}
