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
import { bytes, count } from '../../document/figures.ts';
import { type HtmlValue, html, type Markup } from '../../document/html.ts';
import { lossCharts } from '../charts/report-charts.ts';
import type { ReportContents } from '../report-contents.ts';
import { facts, figure, section } from './elements.ts';
import { evaluationTables, exactMatchText } from './evaluation-tables.ts';

/** What the report says of the run: its steps, its training and its evaluation. */

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
    ? section('Evaluation', html`${facts(pairwiseRows(evaluate))}${evaluationTables(evaluate)}`)
    : null;
}

function pairwiseRows(evaluate: EvaluateResult): [string, HtmlValue][] {
  const { pairwise, exactMatch, costUsd } = evaluate;
  const { disagreements, instructions, excluded, standardError, judge } = pairwise;
  const rows: [string, HtmlValue][] = [];
  if (exactMatch) {
    rows.push(['exact match on held-out rows of known families', exactMatchText(exactMatch)]);
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
