import type { TrainReport } from '../contracts/progress.ts';

type ToldOf = Pick<TrainReport, 'step' | 'totalSteps' | 'loss' | 'tokensPerSecond' | 'figures' | 'round'>;

/**
 * One line for a person on how training goes: for the stage table.
 *
 * @param epochs that all of its steps are, each of as many steps
 */
export function trainingNote(report: ToldOf, epochs: number): string {
  const { step, totalSteps, loss, tokensPerSecond, figures, round } = report;
  const parts = round ? [`${roundName(round)} in ${round.shards} shards`] : [];
  if (round?.traffic) {
    const { up, down } = round.traffic;
    parts.push(`${inUnits(up)} up and ${inUnits(down)} down in a round`);
  }
  if (loss === null) return parts.join(', ');
  // A run that goes on has made steps before it is planned again.
  if (totalSteps > 0) parts.push(`epoch ${Math.ceil((step * epochs) / totalSteps)} of ${epochs}`);
  parts.push(`loss ${loss.toFixed(3)}`);
  if (figures) {
    const { heldOutLoss, learningRate, gradientNorm } = figures;
    if (heldOutLoss !== null) parts.push(`held-out loss ${heldOutLoss.toFixed(3)}`);
    parts.push(`learning rate ${learningRate.toExponential(2)}`, `gradient norm ${gradientNorm.toFixed(2)}`);
  }
  if (tokensPerSecond !== null) parts.push(`${Math.round(tokensPerSecond)} tokens a second`);
  if (figures) {
    const { memoryBytes, peakMemoryBytes } = figures;
    parts.push(`${mebibytes(memoryBytes)} MiB, at most ${mebibytes(peakMemoryBytes)} MiB`);
  }
  return parts.join(', ');
}

/** Which round it is, from 1, of how many, and how many shards it has. */
export type RoundPlace = Omit<NonNullable<TrainReport['round']>, 'traffic'>;

export function roundName({ number, of }: RoundPlace): string {
  return `round ${number} of ${of}`;
}

function inUnits(bytes: number): string {
  return bytes < 2 ** 20 ? `${Math.round(bytes / 2 ** 10)} KiB` : `${mebibytes(bytes)} MiB`;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
