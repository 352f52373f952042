import type { OverSeeds } from './figures.ts';

/** What came of rows of one kind, over the seeds. */
export interface ArmFigures {
  /** of each seed */
  rows: number[];
  targets: number[];
  loss: OverSeeds;
  lossOnAlpaca: OverSeeds;
  lossOnSelfInstruct: OverSeeds;
  /** shares of the held-out rows that have one right answer */
  exactMatch: OverSeeds;
}

/** The figures as a table in Markdown. */
export function tableOf(arms: Readonly<Record<string, ArmFigures>>): string {
  const lines = Object.entries(arms).map(([arm, figures]) => {
    const { rows, targets, loss, lossOnAlpaca, lossOnSelfInstruct, exactMatch } = figures;
    const losses = [loss, lossOnAlpaca, lossOnSelfInstruct].map(inNats);
    return [arm, range(rows), range(targets), ...losses, inPercent(exactMatch)];
  });
  return [HEAD, HEAD.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const HEAD = [
  ...['trained on', 'rows', 'target tokens', 'held-out loss', 'on Alpaca’s', 'on Self-Instruct’s'],
  'exact match',
];

function range(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${least}` : `${least} to ${most}`;
}

function inNats({ mean, low, high }: OverSeeds): string {
  return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function inPercent({ mean, low, high }: OverSeeds): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  return `${percent(mean)}% (${percent(low)} to ${percent(high)}%)`;
}
