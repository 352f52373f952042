import type { EvaluateResult } from '../../../workflows/contracts/evaluate.ts';
import { baseText } from '../../../workflows/decisions/screen/base-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { intervalText } from '../../../workflows/decisions/screen/win-rate-text.ts';
import { bytes, count, percent, percentOf } from '../../document/figures.ts';
import { html, type Markup } from '../../document/html.ts';
import type { ReportContents } from '../report-contents.ts';
import { facts } from './elements.ts';

/** What a reader sees first, on one screen: how good it is, what was made of what, and what it cost. */
export function summarySection(contents: ReportContents): Markup {
  const cards = [...qualityCards(contents), ...dataCards(contents)];
  const rows = [...madeRows(contents), ...costRows(contents)];
  return html`<section aria-label="Summary"><ul class="cards">${cards.map(([figure, what]) => html`<li><strong>${figure}</strong> <span>${what}</span></li>`)}</ul>${rows.length === 0 ? null : facts(rows)}</section>`;
}

type Card = readonly [figure: string, what: string];

function qualityCards({ run }: ReportContents): Card[] {
  const { train, evaluate } = run ?? {};
  const cards: Card[] = [];
  if (evaluate?.exactMatch) {
    const { rate, right, rows, interval } = evaluate.exactMatch;
    const [low, high] = interval.map((share) => 100 * share);
    cards.push([
      percent(100 * rate),
      `exact match where the truth is known: ${count(right)} of ${count(rows)}, ${intervalText([low ?? 0, high ?? 0])}`,
    ]);
  }
  if (evaluate) cards.push(winRateCard(evaluate));
  if (train)
    cards.push([
      `${train.loss.before.toFixed(2)} → ${train.loss.after.toFixed(2)}`,
      'held-out loss before and after training, nats a token',
    ]);
  return cards;
}

function winRateCard(evaluate: EvaluateResult): Card {
  const { winRate, interval, instructions, judge } = evaluate.pairwise;
  return [
    percent(winRate),
    `win rate over ${baseText(evaluate)}, by ${judge} on ${count(instructions)} instructions${interval === null ? '' : `, ${intervalText(interval)}`}`,
  ];
}

function dataCards({ statistics, run, analysis }: ReportContents): Card[] {
  const { rows, withInput, conversations } = statistics;
  const chats = `, ${count(conversations.rows)} are conversations, counted by their first exchange`;
  return [
    [
      count(rows),
      `${run ? 'rows released' : 'rows'}, ${percentOf(withInput, rows)} with an input${conversations.rows === 0 ? '' : chats}`,
    ],
    ...(run
      ? []
      : [
          [
            percentOf(analysis.quality.faulty, rows),
            'of the rows have a fault that simple checks find',
          ] satisfies Card,
        ]),
  ];
}

function madeRows({ run, settings, analysis, statistics }: ReportContents): [string, string][] {
  const { generate, sample, train, tokenize } = run ?? {};
  const rows: [string, string][] = [];
  if (train && tokenize)
    rows.push([
      'made',
      `${count(statistics.rows)} rows, and a model of ${bytes(train.model.bytes)} that learnt from ${count(tokenize.tokens.rows)} of them in ${count(train.steps)} steps`,
    ]);
  const base = settings?.tokenize.model;
  const teacher =
    generate?.stopReason === 'imported'
      ? 'rows brought in'
      : generate &&
        `${sample ? `${count(sample.seedTasks.rows)} seed tasks, ` : ''}the teacher ${settings?.generate.teacher ?? 'of the run'} by ${count(generate.prompts)} prompts`;
  const from = [teacher, typeof base === 'string' && `the base model ${base}`].filter(Boolean).join(', ');
  if (from !== '') rows.push(['from', from]);
  if (run)
    rows.push([
      'rows with a fault',
      `${percentOf(analysis.quality.faulty, statistics.rows)}, by simple checks of words and lengths`,
    ]);
  return rows;
}

/** All that the run paid, by what for; of a ledger that answered for nothing, nothing. */
function costRows({ run }: ReportContents): [string, string][] {
  if (run === null) return [];
  const parts: [string, number | undefined][] = [
    ['generation', run.generate?.costUsd],
    ['embeddings', run.dedupe?.embedding?.costUsd],
    ['grades', run.filter?.grades?.costUsd],
    ['evaluation', run.evaluate?.costUsd],
  ];
  const paid = parts.flatMap(([what, dollars]) => (dollars === undefined ? [] : [{ what, dollars }]));
  const total = paid.reduce((sum, { dollars }) => sum + dollars, 0);
  const of = paid.filter(({ dollars }) => dollars > 0).map(({ what, dollars }) => `${what} ${usd(dollars)}`);
  return [['cost', `${usd(total)}${of.length < 2 ? '' : `: ${of.join(', ')}`}, the machine aside`]];
}
