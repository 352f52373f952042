import type { PlacedRow } from '../../../workflows/contracts/dedupe.ts';
import { count } from '../../document/figures.ts';
import { html, type Markup } from '../../document/html.ts';
import type { ReportContents } from '../report-contents.ts';
import { foldedRest, section, shownText } from './elements.ts';

/** The largest clusters of near duplicates, as text: whoever made the data set wants to see what came so often. */
export function duplicatesSection({ duplicates }: ReportContents): Markup | null {
  if (duplicates === null || duplicates.rejected === 0) return null;
  const { clusters, embedding, rejected } = duplicates;
  const byRouge = clustersShown(
    rejected - (embedding?.rejected ?? 0),
    clusters,
    'ROUGE-L',
    ({ score }) => score,
  );
  const byEmbedding =
    embedding === undefined
      ? null
      : clustersShown(
          embedding.rejected,
          embedding.clusters,
          `cosine of ${embedding.model}`,
          ({ cosine }) => cosine,
        );
  return section('Near duplicates', html`${byRouge}${byEmbedding}`);
}

function clustersShown<Row extends PlacedRow>(
  rows: number,
  { total, listed }: { total: number; listed: { kept: PlacedRow; size: number; rejected: Row[] }[] },
  measure: string,
  similarityOf: (row: Row) => number,
): Markup | null {
  if (total === 0) return null;
  const shown = listed.slice(0, CLUSTERS_SHOWN).map(
    ({ kept, size, rejected }) => html`<article class="row"><h3>${count(size)} like ${placeOf(kept)}</h3><dl>
<dt>kept</dt><dd>${shownText(kept.instruction)}</dd>
${rejected.slice(0, ROWS_SHOWN).map((row) => html`<dt>rejected, ${placeOf(row)}, ${measure} ${similarityOf(row).toFixed(3)}</dt><dd>${shownText(row.instruction)}</dd>`)}
</dl></article>`,
  );
  return html`<p class="soft">${count(rows)} rejected rows in ${count(total)} clusters around the row that was kept; the ${count(shown.length)} largest, and of each at most ${ROWS_SHOWN} rejected rows.</p>${foldedRest(shown, 'clusters')}`;
}

const CLUSTERS_SHOWN = 10;
const ROWS_SHOWN = 5;

function placeOf({ from, row }: PlacedRow): string {
  return from === 'data' ? `row ${row}` : `row ${row} of what was compared against`;
}
