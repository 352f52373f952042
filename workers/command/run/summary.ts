import type { ArtifactStore } from '../../../activities/artifacts/store.ts';
import type { FilterResult } from '../../../workflows/contracts/filter.ts';
import type { AlpacaResult } from '../../../workflows/contracts/pipeline.ts';
import { baseText } from '../../../workflows/decisions/screen/base-text.ts';
import { droppedText } from '../../../workflows/decisions/screen/dropped-text.ts';
import {
  agreementText,
  gradedClassesText,
  gradesText,
  perRowText,
} from '../../../workflows/decisions/screen/grades-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { sharesText } from '../../../workflows/decisions/screen/shares.ts';
import { unreadableText, winRateText } from '../../../workflows/decisions/screen/win-rate-text.ts';
import { collapseReason, turnLines, yieldText } from '../../../workflows/decisions/yield-text.ts';

/** What `alpaca run --json` prints. */
export interface RunSummary {
  workflowId: string;
  runId: string;
  uiUrl: string | null;
  rows: number;
  datasetPath: string;
  datasetDigest: string;
  modelPath: string;
  modelDigest: string;
  reportPath: string;
  costUsd: number;
  loss: { before: number; after: number };
  /** what of the training's settings was out of the ordinary */
  warning: string | null;
  evaluation: AlpacaResult['evaluate'];
  /** what the filter dropped, where the run has one */
  filter: (FilterResult & { droppedPath: string }) | null;
  /** why generation ended, and what became of every row asked for */
  stopReason: AlpacaResult['generate']['stopReason'];
  yield: AlpacaResult['generate']['yield'];
  /** of conversations, what became of the messages after the first turn */
  turns: AlpacaResult['generate']['turns'];
  /** of languages and classes, where the run is to have any */
  shares: AlpacaResult['generate']['shares'];
}

/** Finds a run's files in the store: of a folder it takes their digests, of a bucket it gives their urls. */
export async function summarize(
  result: AlpacaResult,
  run: Pick<RunSummary, 'workflowId' | 'runId' | 'uiUrl'>,
  store: ArtifactStore,
): Promise<RunSummary> {
  const { generate, filter, release, train, evaluate, rows, costUsd } = result;
  return {
    ...run,
    rows,
    datasetPath: await store.locationOf(release.dataset),
    datasetDigest: release.dataset.sha256,
    modelPath: await store.locationOf(train.model),
    modelDigest: train.model.sha256,
    reportPath: await store.locationOf(release.report),
    costUsd,
    loss: train.loss,
    warning: train.warning,
    evaluation: evaluate,
    filter: filter && { ...filter, droppedPath: await store.locationOf(filter.dropped) },
    stopReason: generate.stopReason,
    yield: generate.yield,
    turns: generate.turns,
    shares: generate.shares,
  };
}

export function summaryText(summary: RunSummary): string {
  const { loss, evaluation } = summary;
  const { heldOut, exactMatch, pairwise } = evaluation;
  const shares = sharesText(summary.shares, summary.yield.accepted, true);
  const lines: [string, string][] = [
    ['rows', String(summary.rows)],
    ['dataset', summary.datasetPath],
    ['  sha256', summary.datasetDigest],
    ['model', summary.modelPath],
    ['  sha256', summary.modelDigest],
    ['report', summary.reportPath],
    ['run', summary.uiUrl ?? `${summary.workflowId} ${summary.runId}`],
    ['yield', summary.stopReason === 'imported' ? 'rows brought in' : yieldText(summary.yield)],
    ...turnLines(summary.turns).map(([stage, text]): [string, string] => [`  ${stage}`, text]),
    ...(shares === null ? [] : [['  shares', shares] satisfies [string, string]]),
    ...(summary.stopReason === 'yield-collapsed'
      ? [['  ended early', `the yield collapsed: ${collapseReason(summary.yield)}`] as [string, string]]
      : []),
    ...(summary.filter === null
      ? []
      : ([
          ['filter', droppedText(summary.filter)],
          ['  dropped', summary.filter.droppedPath],
          ...gradeLines(summary.filter),
        ] satisfies [string, string][])),
    ['cost', usd(summary.costUsd)],
    [
      'held-out loss',
      `${loss.before.toFixed(3)} before, ${loss.after.toFixed(3)} after (${change(loss.before, loss.after)}), nats per target token`,
    ],
  ];
  if (summary.warning !== null) lines.push(['  warning', summary.warning]);
  if (heldOut) {
    const bigram =
      heldOut.lossBigram === null ? '' : `; add-one bigram model ${heldOut.lossBigram.toFixed(3)}`;
    lines.push(['  compared', `prompts exchanged ${heldOut.lossPromptsExchanged.toFixed(3)}${bigram}`]);
    const own = evaluation.base?.ownFormLoss ?? null;
    if (own !== null)
      lines.push(['  base', `${heldOut.lossB.toFixed(3)} in this template, ${own.toFixed(3)} in its own`]);
  }
  if (exactMatch)
    lines.push([
      'exact match',
      `${exactMatch.right} of ${exactMatch.rows} (95% interval ${percent(exactMatch.interval[0])} to ${percent(exactMatch.interval[1])})`,
    ]);
  const { wins, losses, ties, judge, instructions } = pairwise;
  lines.push([
    'win rate',
    `${winRateText(pairwise)} against ${baseText(evaluation)}: ` +
      `${wins} wins, ${losses} losses, ${ties} ties on ${instructions} instructions, judge ${judge}${unreadableText(pairwise)}`,
  ]);
  lines.push(...otherComparisons(evaluation));
  return lines.map(([name, value]) => `${name.padEnd(14)} ${value}`).join('\n');
}

function gradeLines({ grades, data }: FilterResult): [string, string][] {
  if (grades === null) return [];
  const { agreement, classes, costUsd } = grades;
  return [
    ['  grades', gradesText(grades)],
    ...(agreement === null ? [] : [['  agreement', agreementText(agreement)] satisfies [string, string]]),
    ...(classes === null ? [] : [['  classes', gradedClassesText(classes)] satisfies [string, string]]),
    ...(costUsd === 0
      ? []
      : [['  cost', `${usd(costUsd)}, ${perRowText(costUsd, data.rows)}`] satisfies [string, string]]),
  ];
}

/** The pairs beyond the trained model and the base. */
function otherComparisons({ candidates, comparisons }: RunSummary['evaluation']): [string, string][] {
  return comparisons
    .slice(1)
    .map(({ a, b, ...figures }) => [
      '  and',
      `${winRateText(figures)} of ${candidates[a]?.name} against ${candidates[b]?.name}${unreadableText(figures)}`,
    ]);
}

function change(before: number, after: number): string {
  const percentage = ((after - before) / before) * 100;
  return `${percentage >= 0 ? '+' : ''}${percentage.toFixed(0)}%`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`;
}
