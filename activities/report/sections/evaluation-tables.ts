import type { Comparison, EvaluateResult } from '../../../workflows/contracts/evaluate.ts';
import { baseText } from '../../../workflows/decisions/screen/base-text.ts';
import { winRateText, withInterval } from '../../../workflows/decisions/screen/win-rate-text.ts';
import { count } from '../../document/figures.ts';
import { html, type Markup } from '../../document/html.ts';
import { numbersTable, shownText, wideTable } from './elements.ts';

/** What the report says of answers, losses, single candidates, pairs and categories: tables, where the result has them. */
export function evaluationTables(evaluate: EvaluateResult): (Markup | null)[] {
  const { heldOutAnswers, candidates, comparisons } = evaluate;
  const names = candidates.map(({ name }) => name);
  const [first] = comparisons;
  return [
    answersTable(heldOutAnswers),
    heldOutTable(evaluate),
    candidatesTable(candidates),
    comparisons.length > 1 ? comparisonsTable(comparisons, names) : null,
    ...(first ? categoriesTables(first, names) : []),
  ];
}

/** The same figure in every table: four digits that say something, and a comma at thousands. */
function perplexityText(perplexity: number): string {
  return perplexity.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

function candidatesTable(candidates: EvaluateResult['candidates']): Markup | null {
  if (candidates.length === 0) return null;
  const rows = candidates.map(({ name, meanLength, rougeL, exactMatch, heldOut }) => [
    name,
    meanLength.toFixed(0),
    rougeL === null ? '-' : rougeL.mean.toFixed(3),
    exactMatch === null ? '-' : exactMatchText(exactMatch),
    heldOut === null ? '-' : heldOut.loss.toFixed(3),
    heldOut === null ? '-' : perplexityText(heldOut.perplexity),
  ]);
  const columns = [
    'candidate',
    'characters an answer',
    'ROUGE-L to references',
    'exact match',
    'held-out loss, nats a token',
    'perplexity',
  ];
  return wideTable('Candidates, on the evaluation instructions and the held-out rows', { columns, rows });
}

/** The same wherever answers are counted: how many, the share, and how sure that is. */
export function exactMatchText({
  right,
  rows,
  rate,
  interval,
}: NonNullable<EvaluateResult['exactMatch']>): string {
  const [low, high] = interval;
  return `${count(right)} of ${count(rows)}: ${withInterval(100 * rate, [100 * low, 100 * high])}`;
}

function comparisonsTable(comparisons: readonly Comparison[], names: readonly string[]): Markup {
  const rows = comparisons.map(({ a, b, wins, losses, ties, disagreements, unreadable, ...figures }) => [
    `${names[a]} against ${names[b]}`,
    `${count(wins)} to ${count(losses)}, ${count(ties)} ties`,
    winRateText(figures),
    count(disagreements),
    count(unreadable),
  ]);
  const columns = ['pair', 'wins', 'win rate', 'orders disagree', 'verdicts unreadable'];
  return wideTable('Every pair that was compared', { columns, rows });
}

/** Of fewer instructions a category's win rate is no evidence. */
const TELLING = 5;

/** Categories with too few instructions to tell anything are folded, and those that the result leaves out counted. */
function categoriesTables(
  { a, b, instructions, categories }: Comparison,
  names: readonly string[],
): Markup[] {
  if (categories.length === 0) return [];
  const caption = `${names[a]} against ${names[b]} by category of the instruction`;
  const telling = categories.filter(({ n }) => n >= TELLING);
  const small = categories.filter(({ n }) => n < TELLING);
  const left = instructions - categories.reduce((sum, { n }) => sum + n, 0);
  const rest =
    left === 0
      ? ''
      : ` ${count(left)} instructions are of categories beyond the ${categories.length} largest.`;
  return [
    ...(telling.length === 0 ? [] : [categoriesTable(caption, telling)]),
    ...(small.length === 0
      ? []
      : [
          html`<details><summary>${count(small.length)} categories with fewer than ${TELLING} instructions each, which tell nothing by themselves</summary>${categoriesTable(caption, small)}</details>`,
        ]),
    ...(rest === '' ? [] : [html`<p class="soft">${rest}</p>`]),
  ];
}

function categoriesTable(caption: string, categories: Comparison['categories']): Markup {
  const rows = categories.map(({ category, n, wins, losses, ties, ...figures }) => [
    category === '' ? 'none' : category,
    count(n),
    `${count(wins)} to ${count(losses)}, ${count(ties)} ties`,
    winRateText(figures),
  ]);
  return wideTable(caption, { columns: ['category', 'instructions', 'wins', 'win rate'], rows });
}

/** What the trained model says of rows that it has not seen, beside what they say. */
function answersTable(answers: EvaluateResult['heldOutAnswers']): Markup | null {
  if (answers.length === 0) return null;
  const rows = answers.map(({ instruction, input, wanted, got }) => [
    shownText(input === '' ? instruction : `${instruction}\n${input}`),
    shownText(wanted),
    shownText(got),
  ]);
  const columns = ['held-out row', 'wanted', 'the trained model'];
  const caption = 'Held-out rows, drawn at random, with the trained model’s most likely answers';
  return numbersTable({ columns, rows, words: columns }, caption);
}

function heldOutTable({ heldOut, base }: EvaluateResult): Markup | null {
  if (!heldOut) return null;
  const rows: [string, number | null][] = [
    ['trained', heldOut.lossA],
    [baseText({ base }), heldOut.lossB],
    ['the base in its own chat template', base?.ownFormLoss ?? null],
    ['trained, prompts exchanged between rows', heldOut.lossPromptsExchanged],
    ['add-one bigram model of the same targets', heldOut.lossBigram],
  ];
  const shown = rows.flatMap(([what, loss]) =>
    loss === null ? [] : [[what, loss.toFixed(3), perplexityText(Math.exp(loss))]],
  );
  const caption = `Held-out loss over ${count(heldOut.rows)} rows, ${count(heldOut.targets)} target tokens`;
  return wideTable(caption, { columns: ['model', 'nats a token', 'perplexity'], rows: shown });
}
