import type { DataRow } from '../../../workflows/contracts/data.ts';
import { count, percentOf } from '../../document/figures.ts';
import { html, type Markup } from '../../document/html.ts';
import { classChart, diversityChart, lengthCharts } from '../charts/report-charts.ts';
import type { ReportContents } from '../report-contents.ts';
import type { RowAnalysis } from '../rows/row-analysis.ts';
import { MEASURED_ACCURACY } from '../rows/verb-accuracy.ts';
import { figure, foldedRest, numbersTable, section, shownText } from './elements.ts';

/** What the report says of the rows themselves, wherever they came from. */

export function diversitySection(contents: ReportContents): Markup {
  const { verbs } = contents.analysis;
  const chart = diversityChart(contents);
  const { instructions, verbsRight, bothRight } = MEASURED_ACCURACY;
  return section(
    'What is asked for',
    html`<p class="soft">${count(verbs.distinctVerbs)} root verbs and ${count(verbs.distinctPairs)} pairs of a root verb and its direct noun object, in ${count(verbs.read)} instructions; ${percentOf(verbs.withPair, verbs.read)} have both.${verbs.unread > 0 ? ` ${count(verbs.unread)} instructions in other scripts than Latin are not read: the tagger knows English only.` : null} Words are tagged by compromise and read by rules; on ${instructions} instructions labelled by hand, which the rules were not made on, the verb is right for ${percentOf(verbsRight, instructions)} and verb and noun together for ${percentOf(bothRight, instructions)}.</p>${chart && figure(chart)}`,
  );
}

export function classSection(contents: ReportContents): Markup | null {
  const chart = classChart(contents);
  if (chart === null) return null;
  const { classificationTasks, classAccuracy } = contents.analysis;
  return section(
    'Classes',
    html`<p class="soft">A rule by words and shape says which of twelve classes an instruction is of.${classAccuracy.map((one) => ` ${accuracyText(one)}`)} ${count(classificationTasks)} rows (${percentOf(classificationTasks, contents.statistics.rows)}) have one of few possible answers, as Self-Instruct means classification: an instruction with the words of a choice, and an output of at most six words.</p>${figure(chart)}`,
  );
}

function accuracyText({ language, measured }: RowAnalysis['classAccuracy'][number]): string {
  const { heldOut, tuning } = measured;
  const labelled = count(heldOut.instructions + tuning.instructions);
  return `Of ${labelled} instructions (${language}) labelled by hand it gets ${count(heldOut.right)} of the ${count(heldOut.instructions)} right that were held out while its words were chosen, and ${count(tuning.right)} of the other ${count(tuning.instructions)}.`;
}

export function lengthSection(contents: ReportContents): Markup {
  return section(
    'Lengths and likeness',
    html`<div class="charts">${lengthCharts(contents).map(figure)}</div>${
      contents.nearest === null
        ? html`<p class="soft">Likeness to the nearest instruction is shown for rows that have it: <code>alpaca dedupe --mode full</code> measures it.</p>`
        : null
    }`,
  );
}

export function qualitySection({ analysis: { quality }, statistics: { rows } }: ReportContents): Markup {
  const found = numbersTable(
    {
      columns: ['fault', 'rows', 'share'],
      rows: quality.counts.map((check) => [check.fault, check.rows, percentOf(check.rows, rows)]),
    },
    `Rows that simple checks find fault with: ${count(quality.faulty)} of ${count(rows)}`,
  );
  const rules = quality.counts.map(({ fault, rule }) => html`<dt>${fault}</dt><dd>${rule}</dd>`);
  const worst = quality.worst.map(({ row, faults, example }) =>
    rowShown(`row ${row}: ${faults.join(', ')}`, example),
  );
  return section(
    'Worst rows',
    html`<p class="soft">The checks go by words and lengths. They find what deserves a look; a row that passes may be wrong all the same.</p>${found}<details><summary>The checks</summary><dl>${rules}</dl></details>${foldedRest(worst, 'rows with faults')}`,
  );
}

export function randomRowsSection({ statistics }: ReportContents): Markup {
  const drawn = statistics.examples.map(({ row, example }) => rowShown(`row ${row}`, example));
  return section('Random rows', foldedRest(drawn, 'rows, drawn at random'));
}

function rowShown(title: string, { instruction, input, output, messages }: DataRow): Markup {
  if (messages !== undefined)
    return html`<article class="row"><h3>${title}</h3><dl>
${messages.map(({ role, content }) => html`<dt>${role}</dt><dd>${shownText(content)}</dd>`)}</dl></article>`;
  return html`<article class="row"><h3>${title}</h3><dl>
<dt>instruction</dt><dd>${shownText(instruction)}</dd>
${input === '' ? null : html`<dt>input</dt><dd>${shownText(input)}</dd>`}
<dt>output</dt><dd>${shownText(output)}</dd></dl></article>`;
}
