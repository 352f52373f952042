import { Markup } from '../document/html.ts';
import { CHART_STYLE, PALETTE_STYLE } from '../document/palette.ts';

/**
 * The report's style, inline so that the page is one file. Colours follow the reader's light or dark
 * setting; text has a contrast of at least 4.5 to 1 in both.
 */
export const REPORT_STYLE = new Markup(`${PALETTE_STYLE}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
.soft { color: var(--soft); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 1rem 0; padding: 0; list-style: none; }
nav a { color: inherit; }
table + table, table + .wide, .wide + table, .wide + .wide { margin-top: 1.25rem; }
.wide { overflow-x: auto; }
.wide caption { max-width: calc(100vw - 2.5rem); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .35rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--edge); overflow-wrap: anywhere; word-break: keep-all; }
th { font-weight: 600; }
/* What names a row, and a figure, is never broken: anywhere would let its column shrink below a word. */
th, td.number { overflow-wrap: break-word; }
.wide th, .wide td { overflow-wrap: normal; }
td.number, th.number { text-align: right; }
td.number { white-space: nowrap; }
@media (max-width: 40rem) { td.number { white-space: normal; } }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0; padding: 0; list-style: none; }
.cards li { background: var(--panel); border: 1px solid var(--edge); border-radius: .5rem; padding: .75rem 1rem; }
.cards strong { display: block; font-size: 1.35rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.cards span { display: block; color: var(--soft); font-size: .875rem; line-height: 1.35; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem 1.5rem; }
figure { margin: 0; min-width: 0; }
.sunburst { max-width: 36rem; margin: 0 auto; }
details { margin-top: .35rem; font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); }
summary:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem 1.5rem; }
.pair > * { min-width: 0; }
figcaption { color: var(--soft); font-size: .875rem; }
.chart { width: 100%; max-width: 40rem; height: auto; display: block; }
.meter { display: inline-block; vertical-align: baseline; height: .6rem; width: 100%; min-width: 6rem; }
.meter rect { fill: var(--first); }
search { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; }
input, select, button { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--button-edge); border-radius: .4rem; padding: .35rem .6rem; min-height: 2.5rem; max-width: 100%; }
button { cursor: pointer; }
button:disabled { color: var(--soft); border-style: dashed; cursor: default; }
:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
[hidden] { display: none; }
.pages { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; }
.rows { font-size: .875rem; }
.rows thead button { padding: .1rem .4rem; min-height: 1.75rem; font-weight: 600; white-space: nowrap; }
.rows [aria-sort=ascending] button::after { content: ' ↑'; }
.rows [aria-sort=descending] button::after { content: ' ↓'; }
.rows td[data-label=instruction], .rows td[data-label=output] { min-width: 14rem; white-space: pre-wrap; }
.rows bdi.soft { display: block; }
.rows td[data-label=class], .rows td[data-label=faults] { overflow-wrap: normal; }
@media (max-width: 56rem) {
  .rows, .rows tbody, .rows tr { display: block; }
  .rows thead tr { display: flex; flex-wrap: wrap; gap: .25rem; }
  .rows tbody tr { border-bottom: 1px solid var(--edge); padding: .5rem 0; }
  .rows th, .rows td { border: 0; padding: 0; }
  .rows tbody :is(th, td) { display: block; }
  .rows tbody :is(th, td)::before { content: attr(data-label) ' '; color: var(--soft); font-weight: 400; }
  .rows tbody :is(th, td):empty { display: none; }
}
.row { background: var(--panel); border: 1px solid var(--edge); border-radius: .5rem; padding: .75rem 1rem; margin: .75rem 0; }
.row h3 { margin: 0 0 .25rem; font-size: .875rem; color: var(--soft); font-weight: 400; }
.row dl { margin: 0; }
.row dt { font-size: .8125rem; color: var(--soft); margin-top: .4rem; }
.row dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; word-break: keep-all; }
code { font: .875em ui-monospace, monospace; overflow-wrap: anywhere; }
${CHART_STYLE}
@media print { body { max-width: none; } .row { break-inside: avoid; } }
`);
