import {
  type AskedTrainingSettings,
  roundSettingsOf,
  type TrainingSettings,
} from '../../../workflows/contracts/train-activities.ts';
import { roundsProblem } from '../../../workflows/decisions/rounds.ts';
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

/**
 * Refuses rounds that a training of so many steps has no room for.
 *
 * @throws AlpacaError InvalidInput naming the setting and one that would do
 */
export function checkRounds(settings: AskedTrainingSettings, steps: number): void {
  const several = roundSettingsOf(settings);
  const problem = several && roundsProblem(several, steps);
  if (problem !== null) throw new AlpacaError('InvalidInput', problem);
}
