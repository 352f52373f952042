import type { EvaluateResult } from '../../../workflows/contracts/evaluate.ts';
import { languagesOf } from '../../../workflows/contracts/run/shares.ts';
import { baseText } from '../../../workflows/decisions/screen/base-text.ts';
import { droppedText } from '../../../workflows/decisions/screen/dropped-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { sharesText } from '../../../workflows/decisions/screen/shares.ts';
import { tokenizeNotes } from '../../../workflows/decisions/screen/tokenize-notes.ts';
import { unseenText } from '../../../workflows/decisions/screen/unseen-text.ts';
import {
  unreadableText,
  verdictsText,
  winRateText,
} from '../../../workflows/decisions/screen/win-rate-text.ts';
import { bytes, count, percent, percentOf, withInterval } from '../../document/figures.ts';
import { type HtmlValue, html, type Markup } from '../../document/html.ts';
import { lossCharts } from '../charts/report-charts.ts';
import type { ReportContents } from '../report-contents.ts';
import { facts, figure, section, wideTable } from './elements.ts';
import { evaluationTables, perplexityText } from './evaluation-tables.ts';

/** What the report says of the run: its headline, its steps, its training and its evaluation. */

export function headline({ statistics, run }: ReportContents): Markup {
  const { generate, train, evaluate } = run ?? {};
  const cards: (readonly [string, string] | null)[] = [
    [count(statistics.rows), run ? 'rows released' : 'rows'],
    [percentOf(statistics.withInput, statistics.rows), 'have an input'],
    ...(statistics.conversations.rows === 0
      ? []
      : [
          [
            count(statistics.conversations.rows),
            'are conversations, counted by their first exchange',
          ] as const,
        ]),
    generate ? [usd(generate.costUsd), 'spent on the teacher'] : null,
    train
      ? [`${train.loss.before.toFixed(2)} → ${train.loss.after.toFixed(2)}`, 'held-out loss, nats a token']
      : null,
    evaluate?.exactMatch
      ? [`${(100 * evaluate.exactMatch.rate).toFixed(1)}%`, 'exact match where the truth is known']
      : null,
    evaluate ? [percent(evaluate.pairwise.winRate), `win rate over ${baseText(evaluate)}`] : null,
  ];
  return html`<ul class="cards">${cards.map((card) => card && html`<li><strong>${card[0]}</strong> <span>${card[1]}</span></li>`)}</ul>`;
}

export function runSection({ run, settings, dataSha256 }: ReportContents): Markup {
  const rows: [string, HtmlValue][] = [['digest of the rows', html`<code>${dataSha256}</code>`]];
  if (run)
    rows.push(['workflow', html`<code>${run.workflowId}</code>`], ['run', html`<code>${run.runId}</code>`]);
  if (settings) {
    rows.push(['run seed', settings.runSeed], ['language', languagesOf(settings).join(', ')]);
    rows.push([
      'teacher profile',
      settings.generate.from === null ? settings.generate.teacher : 'none: data brought in',
    ]);
  }
  if (run?.sample) {
    const { seedTasks, classificationTasks, tasksWithoutInput } = run.sample;
    rows.push([
      'seed tasks',
      `${count(seedTasks.rows)}, of which ${classificationTasks} classification and ${tasksWithoutInput} without input`,
    ]);
  }
  const shares = run?.generate && sharesText(run.generate.shares, run.generate.yield.accepted, true);
  if (shares) rows.push(['shares, reached of wanted', shares]);
  if (run?.dedupe) {
    const { rejected, exactDuplicates, normalizedDuplicates, data } = run.dedupe;
    const unseen = unseenText(run.dedupe, data.rows + rejected.rows);
    rows.push([
      'dedupe',
      `${count(data.rows)} kept, ${count(rejected.rows)} rejected; ${count(exactDuplicates)} exact duplicates, ${count(normalizedDuplicates)} rejected that differ at most in case and punctuation${unseen === '' ? '' : `; ${unseen}`}`,
    ]);
  }
  if (run?.filter) rows.push(['filter', `${count(run.filter.data.rows)} kept, ${droppedText(run.filter)}`]);
  if (run?.tokenize) {
    const { tokens, heldOutTokens, truncated, fullyMasked } = run.tokenize;
    rows.push([
      'tokenize',
      `${count(tokens.rows)} rows to train on, ${count(heldOutTokens.rows)} held out, ${count(truncated)} truncated, ${count(fullyMasked)} fully masked${tokenizeNotes(run.tokenize, settings?.tokenize.rewrittenTurns ?? null)}`,
    ]);
  }
  if (run?.train) {
    const { parameters, steps, model } = run.train;
    rows.push(['train', `${count(parameters)} parameters, ${count(steps)} optimizer steps`]);
    rows.push(['model', html`<code>${model.uri}</code>, ${bytes(model.bytes)}`]);
  }
  return section('The run', facts(rows));
}

export function lossSection(contents: ReportContents): Markup | null {
  const charts = lossCharts(contents);
  if (charts.length === 0) return null;
  return section('Training', html`<div class="charts">${charts.map(figure)}</div>`);
}

export function evaluationSection({ run }: ReportContents): Markup | null {
  const evaluate = run?.evaluate;
  return evaluate
    ? section(
        'Evaluation',
        html`${facts(pairwiseRows(evaluate))}${heldOutTable(evaluate)}${evaluationTables(evaluate)}`,
      )
    : null;
}

function pairwiseRows(evaluate: EvaluateResult): [string, HtmlValue][] {
  const { pairwise, exactMatch, costUsd } = evaluate;
  const { disagreements, instructions, excluded, standardError, judge } = pairwise;
  const rows: [string, HtmlValue][] = [];
  if (exactMatch) {
    const [low, high] = exactMatch.interval;
    rows.push([
      'exact match on held-out rows of known families',
      `${exactMatch.right} of ${exactMatch.rows}: ${withInterval(100 * exactMatch.rate, [100 * low, 100 * high])}`,
    ]);
  }
  rows.push(
    [
      `blind comparison, trained against ${baseText(evaluate)}`,
      `${verdictsText(pairwise)} over ${instructions} instructions`,
    ],
    ['win rate', `${winRateText(pairwise)}, standard error ${standardError?.toFixed(2) ?? 'none'}`],
    [
      'judge',
      `${judge}; each pair in both orders, ${disagreements} disagreements counted as ties${unreadableText(pairwise)}`,
    ],
    ['left out', `${excluded} instructions that resemble a training row`],
    ['spent by the evaluation', usd(costUsd)],
  );
  return rows;
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
