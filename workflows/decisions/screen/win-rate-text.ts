import type { EvaluateResult } from '../../contracts/evaluate.ts';
import { counted } from './counted.ts';

type Pairwise = EvaluateResult['pairwise'];

/** A win rate with its interval, as people read it; where no pair was judged there is none. */
export function winRateText({ winRate, interval }: Pick<Pairwise, 'winRate' | 'interval'>): string {
  if (winRate === null || interval === null) return 'none (no pair was judged)';
  return withInterval(winRate, interval);
}

/** A win rate or other percentage with its 95% interval, in percent too. */
export function withInterval(percent: number, interval: readonly [number, number]): string {
  return `${percent.toFixed(1)}% (${intervalText(interval)})`;
}

/** `95% interval 12.3 to 45.6` */
export function intervalText([low, high]: readonly [number, number]): string {
  return `95% interval ${low.toFixed(1)} to ${high.toFixed(1)}`;
}

/** `; 5 verdicts unreadable, 3 pairs left out for it`; nothing where the judge always gave one. */
export function unreadableText({ unreadable, unjudged }: Pick<Pairwise, 'unreadable' | 'unjudged'>): string {
  if (unreadable === 0) return '';
  return `; ${counted(unreadable, 'verdict')} unreadable, ${counted(unjudged, 'pair')} left out for it`;
}

/** `47 wins, 0 losses, 1 tie` */
export function verdictsText({ wins, losses, ties }: Pick<Pairwise, 'wins' | 'losses' | 'ties'>): string {
  return [counted(wins, 'win'), counted(losses, 'loss', 'losses'), counted(ties, 'tie')].join(', ');
}
