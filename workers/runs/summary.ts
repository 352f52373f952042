import { streamRows } from '../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { isBucketUrl } from '../../activities/artifacts/stores/s3-bucket.ts';
import { type ArtifactReference, dataRowOrSeedTask, type RecipeRow } from '../../workflows/contracts/data.ts';
import type { FilterResult } from '../../workflows/contracts/filter.ts';
import type { AlpacaResult } from '../../workflows/contracts/pipeline.ts';
import { baseText } from '../../workflows/decisions/screen/base-text.ts';
import { droppedText } from '../../workflows/decisions/screen/dropped-text.ts';
import { exactMatchText } from '../../workflows/decisions/screen/exact-match-text.ts';
import {
  agreementText,
  gradedClassesText,
  gradesText,
  perRowText,
} from '../../workflows/decisions/screen/grades-text.ts';
import { usd } from '../../workflows/decisions/screen/money-text.ts';
import { sharesText } from '../../workflows/decisions/screen/shares.ts';
import { unreadableText, verdictsText, winRateText } from '../../workflows/decisions/screen/win-rate-text.ts';
import { collapseReason, turnLines, yieldText } from '../../workflows/decisions/yield-text.ts';
import { fromHere } from './from-here.ts';

/** What `alpaca run --json` prints. */
export interface RunSummary {
  workflowId: string;
  runId: string;
  uiUrl: string | null;
  rows: number;
  datasetPath: string;
  /** three rows of it; none where the store is a bucket, which nothing is fetched from for that */
  someRows: RecipeRow[];
  datasetDigest: string;
  modelPath: string;
  modelDigest: string;
  reportPath: string;
  costUsd: number;
  loss: { before: number; after: number };
  /** what of the training's settings was out of the ordinary */
  warning: string | null;
  evaluation: AlpacaResult['evaluate'];
  /** of a run that its schedule repeats */
  retrain: AlpacaResult['retrain'];
  /** what the filter dropped, where the run has one */
  filter: (FilterResult & { droppedPath: string }) | null;
  /** why generation ended, and what became of every row asked for */
  stopReason: AlpacaResult['generate']['stopReason'];
  yield: AlpacaResult['generate']['yield'];
  /** of conversations, what became of the messages after the first turn */
  turns: AlpacaResult['generate']['turns'];
  requests: Pick<AlpacaResult['generate'], 'prompts' | 'sent'>;
  /** of languages and classes, where the run is to have any */
  shares: AlpacaResult['generate']['shares'];
}

/**
 * Finds a run's files in the store: of a folder it takes their digests, of a bucket it gives their urls.
 *
 * @param placeOf where a file is, for whoever reads it
 */
export async function summarize(
  result: AlpacaResult,
  run: Pick<RunSummary, 'workflowId' | 'runId' | 'uiUrl'>,
  store: ArtifactStore,
  placeOf: (file: ArtifactReference) => string | Promise<string> = (file) => store.locationOf(file),
): Promise<RunSummary> {
  const { generate, filter, release, train, evaluate, rows, costUsd } = result;
  return {
    ...run,
    rows,
    datasetPath: await placeOf(release.dataset),
    someRows: await firstRows(release.dataset, store),
    datasetDigest: release.dataset.sha256,
    modelPath: await placeOf(train.model),
    modelDigest: train.model.sha256,
    reportPath: await placeOf(release.report),
    costUsd,
    loss: train.loss,
    warning: train.warning,
    evaluation: evaluate,
    retrain: result.retrain,
    filter: filter && { ...filter, droppedPath: await placeOf(filter.dropped) },
    stopReason: generate.stopReason,
    yield: generate.yield,
    turns: generate.turns,
    requests: { prompts: generate.prompts, sent: generate.sent },
    shares: generate.shares,
  };
}

/** Rows of the data, and held-out rows with answers. */
const SHOWN = 3;

/** None where the store is a bucket. */
export async function firstRows(dataset: ArtifactReference, store: ArtifactStore): Promise<RecipeRow[]> {
  const rows: RecipeRow[] = [];
  if (isBucketUrl(store.root)) return rows;
  for await (const row of streamRows(await store.open(dataset), dataRowOrSeedTask)) {
    if (rows.push(row) === SHOWN) break;
  }
  return rows;
}

/** For a person: digests are in the JSON. */
export function summaryText(summary: RunSummary): string {
  const { evaluation } = summary;
  const { judge, instructions } = evaluation.pairwise;
  const lines: Line[] = [
    ['rows', String(summary.rows)],
    ...retrainLines(summary),
    ...summary.someRows.map((row): Line => ['  such as', `${askedText(row)} ${quoted(row.output)}`]),
    ...generationLines(summary),
    ['dataset', fromHere(summary.datasetPath)],
    ['model', fromHere(summary.modelPath)],
    ['report', fromHere(summary.reportPath)],
    ['run', summary.uiUrl ?? `${summary.workflowId} ${summary.runId}`],
    ['cost', usd(summary.costUsd)],
    ...ledgerLines(summary),
    ...exactMatchLines(evaluation),
    ...lossLines(summary),
    [
      'win rate',
      `${winRateText(evaluation.pairwise)} against ${baseText(evaluation)}: ` +
        `${verdictsText(evaluation.pairwise)} on ${instructions} instructions, judge ${judge}${unreadableText(evaluation.pairwise)}`,
    ],
    ...otherComparisons(evaluation),
  ];
  return lines.map(([name, value]) => `${name.padEnd(14)} ${value}`).join('\n');
}

type Line = [name: string, value: string];

function retrainLines({ retrain, runId }: RunSummary): Line[] {
  if (retrain === null) return [];
  const nothing = `too few to train on; all of this is of the run ${retrain.runId}`;
  return [['  new', retrain.runId === runId ? String(retrain.newRows) : nothing]];
}

function generationLines(summary: RunSummary): Line[] {
  const shares = sharesText(summary.shares, summary.yield.accepted, true);
  const lines: Line[] = [
    ['yield', summary.stopReason === 'imported' ? 'rows brought in' : yieldText(summary.yield)],
    ...turnLines(summary.turns).map(([stage, text]): Line => [`  ${stage}`, text]),
  ];
  if (shares !== null) lines.push(['  shares', shares]);
  if (summary.stopReason === 'yield-collapsed')
    lines.push(['  ended early', `the yield collapsed: ${collapseReason(summary.yield)}`]);
  if (summary.filter !== null)
    lines.push(
      ['filter', droppedText(summary.filter)],
      ['  dropped', fromHere(summary.filter.droppedPath)],
      ...gradeLines(summary.filter),
    );
  return lines;
}

/** The same prompts are answered for nothing for ever, which whoever changes a teacher has to know. */
function ledgerLines({ requests: { prompts, sent } }: RunSummary): Line[] {
  if (prompts === 0 || sent >= prompts) return [];
  return [
    [
      '  ledger',
      `${prompts - sent} of ${prompts} answers were there from before, and cost nothing; --set generate.ledger=NAME asks anew`,
    ],
  ];
}

/** First of all that says how good the model is: it goes by what is right, and by no judge. */
function exactMatchLines({ exactMatch, heldOutAnswers }: RunSummary['evaluation']): Line[] {
  const answers = heldOutAnswers
    .slice(0, SHOWN)
    .map(
      (row): Line => ['  held out', `${askedText(row)} wanted ${quoted(row.wanted)}, got ${quoted(row.got)}`],
    );
  if (exactMatch === null) return answers;
  return [['exact match', exactMatchText(exactMatch)], ...answers];
}

function lossLines({ loss, warning, evaluation: { heldOut, base } }: RunSummary): Line[] {
  const lines: Line[] = [
    [
      'held-out loss',
      `${loss.before.toFixed(3)} before, ${loss.after.toFixed(3)} after (${change(loss.before, loss.after)}), nats per target token`,
    ],
  ];
  if (warning !== null) lines.push(['  warning', warning]);
  if (heldOut === null) return lines;
  const bigram =
    heldOut.lossBigram === null
      ? ''
      : `; ${heldOut.lossBigram.toFixed(3)} by add-one bigrams, how often tokens follow each other`;
  lines.push([
    '  compared',
    `${heldOut.lossPromptsExchanged.toFixed(3)} where each row has another row's prompt${bigram}`,
  ]);
  const own = base?.ownFormLoss ?? null;
  if (own !== null)
    lines.push(['  base', `${heldOut.lossB.toFixed(3)} in this template, ${own.toFixed(3)} in its own`]);
  return lines;
}

function askedText({ instruction, input }: Pick<RecipeRow, 'instruction' | 'input'>): string {
  return input === '' ? quoted(instruction) : `${quoted(instruction)} ${quoted(input)}`;
}

/** Characters of a text on a line with others. */
const LONGEST = 60;

function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return `"${line.length <= LONGEST ? line : `${line.slice(0, LONGEST)}…`}"`;
}

function gradeLines({ grades, data }: FilterResult): Line[] {
  if (grades === null) return [];
  const { agreement, classes, costUsd } = grades;
  return [
    ['  grades', gradesText(grades)],
    ...(agreement === null ? [] : [['  agreement', agreementText(agreement)] satisfies Line]),
    ...(classes === null ? [] : [['  classes', gradedClassesText(classes)] satisfies Line]),
    ...(costUsd === 0
      ? []
      : [['  cost', `${usd(costUsd)}, ${perRowText(costUsd, data.rows)}`] satisfies Line]),
  ];
}

/** The pairs beyond the trained model and the base. */
function otherComparisons({ candidates, comparisons }: RunSummary['evaluation']): Line[] {
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
