import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import { visibleText } from '../../../workflows/decisions/screen/visible-text.ts';
import { countWords } from '../../document/data-statistics.ts';
import { count } from '../../document/figures.ts';
import { html, Markup } from '../../document/html.ts';
import type { ReportContents } from '../report-contents.ts';
import { section } from './elements.ts';

/** All rows as a table that is sorted and searched in the reader's browser, by the one script that a report has. */

const SCRIPT = readFileSync(new URL('../assets/rows.js', import.meta.url), 'utf8');

/** What a page's policy names the script by: no other runs in it. */
export const ROWS_SCRIPT_SOURCE = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`;

/** Characters of a text that the table has: 52,002 rows of the recipe's lengths make some fifteen megabytes so. */
const MOST_CHARACTERS = 400;

export function allRowsSection(contents: ReportContents): Markup | null {
  const { rows, analysis, likeness } = contents;
  if (rows.length === 0) return null;
  const options = analysis.classes.map(({ name }) => html`<option>${name}</option>`);
  const heads = [
    'row',
    'instruction',
    'output',
    'class',
    'words',
    ...(likeness ? ['likeness'] : []),
    'faults',
  ];
  return section(
    'All rows',
    html`<p class="soft">${count(rows.length)} rows, in the order of the data file and numbered from 0; texts are cut at ${MOST_CHARACTERS} characters here. Words are those of the output${likeness ? ', likeness is ROUGE-L to the nearest instruction before it' : null}, faults are what the checks of “Worst rows” find.</p>
<noscript><p>To search and to sort them takes a browser that runs the page’s script.</p></noscript>
<div id="row-table" hidden>
<search><label>Search <input type="search" id="row-words" autocomplete="off"></label> <label>Class <select id="row-class"><option value="">all</option>${options}</select></label></search>
<p class="pages"><button type="button" id="row-before">Before</button> <span id="row-count" role="status"></span> <button type="button" id="row-after">After</button></p>
<table class="rows" role="table" aria-label="Rows"><thead role="rowgroup"><tr role="row">${heads.map((head) => html`<th role="columnheader" scope="col"${head === 'row' ? html` aria-sort="ascending"` : null}><button type="button" data-column="${head}">${head}</button></th>`)}</tr></thead><tbody role="rowgroup" id="row-body"></tbody></table>
</div>
<script type="application/json" id="row-data">${dataOf(contents)}</script>
<script>${new Markup(SCRIPT)}</script>`,
  );
}

/** As the script reads them; nothing in it ends the element that it stands in. */
function dataOf({ rows, analysis, likeness }: ReportContents): Markup {
  const { classOfRow, quality } = analysis;
  const told = rows.map((row, at) => [
    cut(row.instruction),
    cut(row.input),
    cut(answerOf(row)),
    classOfRow[at] ?? '',
    countWords(row.output),
    likeness?.[at] === undefined ? null : Number(likeness[at].toFixed(3)),
    (quality.faultsOfRow.get(at) ?? []).join(', '),
  ]);
  return new Markup(JSON.stringify(told).replaceAll('<', '\\u003c'));
}

/** The output, and of a conversation what was said after it. */
function answerOf({ output, messages = [] }: DataRow): string {
  const first = messages.findIndex(({ role }) => role === 'assistant');
  const later = first < 0 ? [] : messages.slice(first + 1);
  return [output, ...later.map(({ role, content }) => `${role}: ${content}`)].join('\n\n');
}

function cut(text: string): string {
  const shown = visibleText(text.slice(0, MOST_CHARACTERS).replace(/[\uD800-\uDBFF]$/, ''));
  return text.length > MOST_CHARACTERS ? `${shown} …` : shown;
}
