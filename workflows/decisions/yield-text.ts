import type { EndedStage, YieldCounts } from '../contracts/generate.ts';

/** What became of the rows asked for, in words: the same in the terminal, the Temporal UI and failures. */

/** `of 850 asked: 700 parsed, 150 malformed; dropped: 20 too-short, 9 forbidden-word; 71 too similar; 600 accepted` */
export function yieldText({ asked, parsed, malformed, filtered, similar, accepted }: YieldCounts): string {
  const dropped = Object.entries(filtered)
    .filter(([, rows]) => rows > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([filter, rows]) => `${rows} ${filter}`);
  return [
    `of ${asked} asked: ${parsed} parsed, ${malformed} malformed`,
    ...(dropped.length > 0 ? [`dropped: ${dropped.join(', ')}`] : []),
    `${similar} too similar`,
    `${accepted} accepted`,
  ].join('; ');
}

/** Of conversations what became of each message after the first turn: whose and of which turn it is, and its yield. */
export function turnLines(turns: readonly Pick<EndedStage, 'stage' | 'yield'>[]): [string, string][] {
  return turns.map(({ stage, yield: counts }) => [stage.replace('-', ' '), yieldText(counts)]);
}

/** The rule that lost the most rows, and how many; null where none was lost. */
export function mostFrequentLoss(counts: YieldCounts): { rule: string; rows: number } | null {
  const losses = [
    { rule: 'malformed or cut off', rows: counts.malformed },
    { rule: 'too similar to accepted rows', rows: counts.similar },
    ...Object.entries(counts.filtered).map(([filter, rows]) => ({ rule: `${filter}`, rows })),
  ];
  const [most] = losses.filter(({ rows }) => rows > 0).sort((a, b) => b.rows - a.rows);
  return most ?? null;
}

/** Why a yield collapsed, by what lost the most rows of the whole run. */
export function collapseReason(counts: YieldCounts): string {
  const most = mostFrequentLoss(counts);
  return most === null
    ? 'the teacher refused every prompt'
    : `most rows were lost as ${most.rule}: ${most.rows} of ${counts.asked} asked for`;
}
