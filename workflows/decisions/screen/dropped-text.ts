import type { FilterResult } from '../../contracts/filter.ts';

/** `3 dropped: 2 refusal, 1 same-words`: the rules in the order of the contract, and those alone that dropped a row */
export function droppedText({ dropped, droppedBy }: Pick<FilterResult, 'dropped' | 'droppedBy'>): string {
  const counts = Object.entries(droppedBy).filter(([, rows]) => rows > 0);
  const byRule = counts.map(([rule, rows]) => `${rows} ${rule}`).join(', ');
  return `${dropped.rows} dropped${byRule === '' ? '' : `: ${byRule}`}`;
}
