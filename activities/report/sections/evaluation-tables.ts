import type { Comparison, EvaluateResult } from '../../../workflows/contracts/evaluate.ts';
import { winRateText } from '../../../workflows/decisions/screen/win-rate-text.ts';
import { count } from '../../document/figures.ts';
import { type HtmlValue, html, type Markup } from '../../document/html.ts';

/** What the report says of single candidates, pairs and categories: tables, where the result has them. */
export function evaluationTables({ candidates, comparisons }: EvaluateResult): (Markup | null)[] {
  const names = candidates.map(({ name }) => name);
  const [first] = comparisons;
  return [
    candidatesTable(candidates),
    comparisons.length > 1 ? comparisonsTable(comparisons, names) : null,
    first && first.categories.length > 0 ? categoriesTable(first, names) : null,
  ];
}

function perplexity(value: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

function candidatesTable(candidates: EvaluateResult['candidates']): Markup | null {
  if (candidates.length === 0) return null;
  const rows = candidates.map(({ name, meanLength, rougeL, exactMatch, heldOut }) => [
    name,
    meanLength.toFixed(0),
    rougeL === null ? '-' : rougeL.mean.toFixed(3),
    exactMatch === null ? '-' : `${exactMatch.right} of ${exactMatch.rows}`,
    heldOut === null ? '-' : heldOut.loss.toFixed(3),
    heldOut === null ? '-' : perplexity(heldOut.perplexity),
  ]);
  const columns = [
    'candidate',
    'characters an answer',
    'ROUGE-L to references',
    'exact match',
    'held-out loss, nats a token',
    'perplexity',
  ];
  return table('Candidates, on the evaluation instructions and the held-out rows', columns, rows);
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
  return table('Every pair that was compared', columns, rows);
}

function categoriesTable({ a, b, categories }: Comparison, names: readonly string[]): Markup {
  const rows = categories.map(({ category, n, wins, losses, ties, ...figures }) => [
    category === '' ? 'none' : category,
    count(n),
    `${count(wins)} to ${count(losses)}, ${count(ties)} ties`,
    winRateText(figures),
  ]);
  const caption = `${names[a]} against ${names[b]} by category of the instruction`;
  return table(caption, ['category', 'instructions', 'wins', 'win rate'], rows);
}

/** The first column heads its row; the others are figures. On a phone it is scrolled sideways: its words stay whole. */
function table(caption: string, columns: readonly string[], rows: readonly (readonly HtmlValue[])[]): Markup {
  const heads = columns.map((column, index) =>
    index === 0 ? html`<th scope="col">${column}</th>` : html`<th scope="col" class="number">${column}</th>`,
  );
  const body = rows.map(
    ([head = '', ...cells]) =>
      html`<tr><th scope="row">${head}</th>${cells.map((cell) => html`<td class="number">${cell}</td>`)}</tr>`,
  );
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
}
