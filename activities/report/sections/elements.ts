import { visibleText } from '../../../workflows/decisions/screen/visible-text.ts';
import { count } from '../../document/figures.ts';
import { type HtmlValue, html, Markup } from '../../document/html.ts';

/** The pieces that the report's pages are put together from. */

/** A chart, what it shows in words, and the numbers behind it for those who cannot see it. */
export interface ReportChart {
  /** file name without ending: lower case and dashes */
  name: string;
  drawing: Markup;
  caption: string;
  table: Table;
}

export interface Table {
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** the columns that hold words: set to the left, and broken into lines */
  words?: readonly string[];
}

/** A part of the page, which its list of contents leads to. */
export function section(title: string, body: Markup): Markup {
  return html`<section><h2 id="${title.toLowerCase().replace(/\W+/g, '-')}">${title}</h2>\n${body}</section>\n`;
}

/** Of many the first few, and the others folded. */
export function foldedRest(shown: readonly Markup[], what: string): Markup {
  const [open, rest] = [shown.slice(0, UNFOLDED), shown.slice(UNFOLDED)];
  const folded = html`<details><summary>${count(rest.length)} more ${what}</summary>${rest}</details>`;
  return html`${open}${rest.length === 0 ? null : folded}`;
}

const UNFOLDED = 5;

/** Where the sections of a page are. */
export function contentsList(body: readonly (Markup | null)[]): Markup {
  const heads = body.flatMap((part) => [
    ...String(part ?? '').matchAll(/^<section><h2 id="([a-z-]+)">([^<]+)</gm),
  ]);
  const items = heads.map(
    ([, id = '', title = '']) => html`<li><a href="#${id}">${new Markup(title)}</a></li>`,
  );
  return html`<nav aria-label="Contents"><ul>${items}</ul></nav>`;
}

export function figure({ drawing, caption, table }: ReportChart): Markup {
  return html`<figure>${drawing}<figcaption>${caption}</figcaption><details><summary>The numbers</summary>${numbersTable(table)}</details></figure>`;
}

interface Numbers extends Pick<Table, 'columns' | 'words'> {
  rows: readonly (readonly HtmlValue[])[];
}

/** A table of figures: the first column names the row. */
export function numbersTable({ columns, rows, words = [] }: Numbers, caption: string | null = null): Markup {
  const isWords = (at: number) => at === 0 || words.includes(columns[at] ?? '');
  const head = columns.map((column, at) =>
    isWords(at) ? html`<th scope="col">${column}</th>` : html`<th scope="col" class="number">${column}</th>`,
  );
  const cell = (value: HtmlValue, at: number) => {
    if (at === 0) return html`<th scope="row">${value}</th>`;
    const shown = typeof value === 'number' ? decimal(value) : value;
    return isWords(at) ? html`<td>${shown}</td>` : html`<td class="number">${shown}</td>`;
  };
  const body = rows.map((values) => html`<tr>${values.map(cell)}</tr>`);
  return html`<table>${caption === null ? null : html`<caption>${caption}</caption>`}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

/** A table with many columns, or with names in their heads: on a phone it is scrolled sideways, its words stay whole. */
export function wideTable(label: string, table: Numbers, caption: string | null = label): Markup {
  return html`<div class="wide" tabindex="0" role="region" aria-label="${label}">${numbersTable(table, caption)}</div>`;
}

/** Names and values, a row each. */
export function facts(rows: readonly (readonly [string, HtmlValue])[]): Markup {
  return html`<table><tbody>${rows.map(([what, value]) => html`<tr><th scope="row">${what}</th><td>${value}</td></tr>`)}</tbody></table>`;
}

export function meter(part: number, whole: number): Markup {
  const width = whole === 0 ? 0 : Math.min(100, (100 * part) / whole);
  return html`<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="${width.toFixed(2)}" height="6"/></svg>`;
}

/** Characters of one text that a page shows; what is cut off is counted. */
const SHOWN = 2000;

/** A row's text as text, whatever it holds, in its own direction of writing. */
export function shownText(text: string): Markup {
  const shown = text.length <= SHOWN ? text : text.slice(0, SHOWN).replace(/[\uD800-\uDBFF]$/, '');
  const rest = text.length - shown.length;
  return html`<bdi>${visibleText(shown)}</bdi>${rest > 0 ? html`<span class="soft"> … and ${count(rest)} characters more</span>` : null}`;
}

/** Whole numbers in full, others with two decimals or one. */
export function decimal(value: number): string {
  if (Number.isInteger(value)) return count(value);
  if (Math.abs(value) < 0.01) return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
  return value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
