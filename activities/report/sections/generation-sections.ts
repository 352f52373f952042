import type { GenerateResult } from '../../../workflows/contracts/generate.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { collapseReason } from '../../../workflows/decisions/yield-text.ts';
import { count, percentOf } from '../../document/figures.ts';
import { type HtmlValue, html, type Markup } from '../../document/html.ts';
import { spendingChart, yieldChart } from '../charts/report-charts.ts';
import type { ReportContents } from '../report-contents.ts';
import { facts, figure, meter, section } from './elements.ts';

/** What the report says of generation: what became of the rows asked for, and what they cost. */

export function yieldSection(contents: ReportContents): Markup | null {
  const generated = contents.run?.generate;
  if (!generated || generated.stopReason === 'imported') return null;
  const { asked, parsed, malformed, filtered, similar, accepted } = generated.yield;
  const rows: [string, number][] = [
    ['asked for', asked],
    ['parsed', parsed],
    ['malformed or cut off', malformed],
    ...Object.entries(filtered)
      .sort(([, left], [, right]) => right - left)
      .map(([filter, rows]): [string, number] => [`dropped: ${filter}`, rows]),
    ['dropped: too similar', similar],
    ['accepted', accepted],
  ];
  const body = rows.map(
    ([what, number]) =>
      html`<tr><th scope="row">${what}</th><td class="number">${count(number)}</td><td class="number">${percentOf(number, asked)}</td><td>${meter(number, asked)}</td></tr>`,
  );
  const chart = yieldChart(contents);
  return section(
    'Yield by filter',
    html`<table><caption>Instructions, as shares of those asked for</caption><thead><tr><th scope="col">what became of them</th><th scope="col" class="number">rows</th><th scope="col" class="number">share</th><th scope="col"><span class="soft">of those asked for</span></th></tr></thead><tbody>${body}</tbody></table>${chart && figure(chart)}`,
  );
}

export function costSection(contents: ReportContents): Markup | null {
  const generated = contents.run?.generate;
  if (!generated || generated.stopReason === 'imported') return null;
  const chart = spendingChart(contents);
  return section(
    'Cost',
    html`${facts(costRows(generated, contents.statistics.rows))}${chart && figure(chart)}`,
  );
}

function costRows(generated: GenerateResult, rows: number): [string, HtmlValue][] {
  const rowsOfCost: [string, HtmlValue][] = [
    ['spent by this run', usd(generated.costUsd)],
    ['per 1,000 released rows', rows === 0 ? '-' : usd((1000 * generated.costUsd) / rows)],
    ['requests whose rows were considered', count(generated.requests)],
    ...stageRows(generated),
    ...turnRows(generated),
    [
      'prompts answered',
      `${count(generated.prompts)}: ${count(generated.sent)} sent, the rest from the response ledger`,
    ],
    [
      'tokens in prompts, in completions',
      `${count(generated.promptTokens)}, ${count(generated.completionTokens)}`,
    ],
    ['askings lost: sent, and no answer found', count(generated.lost)],
    ['refused by the teacher', count(generated.refused)],
    ['generation ended because', endOf(generated)],
  ];
  if (generated.misstated)
    rowsOfCost.push(['answers whose usage is not booked as it was stated', count(generated.misstated)]);
  return rowsOfCost;
}

/** Of Self-Instruct: what each stage asked and gave. */
function stageRows({ selfInstruct, requests, yield: counts }: GenerateResult): [string, HtmlValue][] {
  if (selfInstruct === null) return [];
  const { stages } = selfInstruct;
  const left = stages.reduce((sum, stage) => sum - stage.requests, requests);
  const of = stages.map(({ stage, data, requests }): [string, HtmlValue] => [
    `of Self-Instruct: ${stage}`,
    `${count(data.rows)} tasks by ${count(requests)} requests`,
  ]);
  return [
    ...of,
    ['of Self-Instruct: instances', `${count(counts.accepted)} rows by ${count(left)} requests`],
  ];
}

/** Of conversations: what each message after the first turn asked and gave. */
function turnRows({ turns }: GenerateResult): [string, HtmlValue][] {
  return turns.map(({ stage, data, requests, yield: counts }) => [
    `of conversations: ${stage.replace('-', ' ')}`,
    `${count(data.rows)} of ${count(counts.asked)} by ${count(requests)} requests`,
  ]);
}

function endOf({ stopReason, yield: counts }: GenerateResult): string {
  if (stopReason === 'yield-collapsed') return `the yield collapsed: ${collapseReason(counts)}`;
  return stopReason === 'target' ? 'the target was reached' : 'it was told to stop early';
}
