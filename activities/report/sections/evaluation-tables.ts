import type { Comparison, EvaluateResult } from '../../../workflows/contracts/evaluate.ts';
import { winRateText } from '../../../workflows/decisions/screen/win-rate-text.ts';
import { count } from '../../document/figures.ts';
import type { Markup } from '../../document/html.ts';
import { wideTable } from './elements.ts';

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

/** The same figure in every table: four digits that say something, and a comma at thousands. */
export function perplexityText(perplexity: number): string {
  return perplexity.toLocaleString('en-US', { maximumSignificantDigits: 4 });
}

function candidatesTable(candidates: EvaluateResult['candidates']): Markup | null {
  if (candidates.length === 0) return null;
  const rows = candidates.map(({ name, meanLength, rougeL, exactMatch, heldOut }) => [
    name,
    meanLength.toFixed(0),
    rougeL === null ? '-' : rougeL.mean.toFixed(3),
    exactMatch === null ? '-' : `${exactMatch.right} of ${exactMatch.rows}`,
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

function categoriesTable({ a, b, categories }: Comparison, names: readonly string[]): Markup {
  const rows = categories.map(({ category, n, wins, losses, ties, ...figures }) => [
    category === '' ? 'none' : category,
    count(n),
    `${count(wins)} to ${count(losses)}, ${count(ties)} ties`,
    winRateText(figures),
  ]);
  const caption = `${names[a]} against ${names[b]} by category of the instruction`;
  return wideTable(caption, { columns: ['category', 'instructions', 'wins', 'win rate'], rows });
}
