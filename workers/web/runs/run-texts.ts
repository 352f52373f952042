import { count } from '../../../activities/document/figures.ts';
import type { Progress, Stage } from '../../../workflows/contracts/progress.ts';
import { baseText } from '../../../workflows/decisions/screen/base-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { shellWord } from '../../../workflows/decisions/screen/shell-word.ts';
import { stateOf } from '../../../workflows/decisions/stage-table.ts';
import { howToGoOn } from '../../how-to-go-on.ts';
import type { RunView } from '../../runs/runs.ts';
import type { ShownProgress } from '../page-answers.ts';
import type { RunsPlace } from '../place.ts';

/** @param status of the run: a stage that ran when the run ended without completing runs no more */
export function shownProgress(progress: Progress, status: string): ShownProgress {
  return {
    accepted: acceptedText(progress),
    cost: costText(progress),
    loss: lossText(progress),
    eta: status in CUT_SHORT ? '–' : etaText(progress),
    stages: progress.stages.map((stage) => ({
      name: stage.name,
      state: stage.state === 'running' ? (CUT_SHORT[status] ?? stateOf(stage, progress)) : stage.state,
      share: shareDone(stage),
      done: doneText(stage),
      note: stage.note,
    })),
  };
}

/** What becomes of the running stage when a run ends like this. */
const CUT_SHORT: Partial<Record<string, string>> = {
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  CANCELLED: 'stopped',
  TERMINATED: 'stopped',
};

/** What the run is doing, in one line. */
export function stateText({ progress, closedAt, unpolled }: RunView): string {
  if (closedAt !== null) return '';
  return [doing(progress), unpolled].filter(Boolean).join('. ');
}

function doing(progress: Progress | null): string {
  if (progress === null) return '';
  if (progress.pauseReason !== null) return `Paused: ${progress.pauseReason}`;
  return `Working on ${progress.stage}`;
}

/** The command that lets a run go on which waits; empty for any other. */
export function commandThatGoesOn({ workflowId, progress, closedAt }: RunView, place: RunsPlace): string {
  if (progress === null || closedAt !== null) return '';
  return howToGoOn(progress, { ...place, workflowId })?.command ?? '';
}

/** What a person can type once a run has ended well: to talk to its model, have people compare it, publish it. */
export function nextCommands(
  { id, result }: RunView,
  { chatUrl }: Pick<RunsPlace, 'chatUrl'>,
): { why: string; command: string }[] {
  if (result === null) return [];
  const word = shellWord(id);
  const run = shellWord(`run:${id}`);
  const { evaluate, tokenize } = result;
  const base = evaluate.base?.isRandom ? 'builtin' : tokenize.model.uri;
  const serve = {
    why: `Talk to the model, beside ${baseText(evaluate)}`,
    command: `npx alpaca serve --model tuned=${run} --model base=${base}`,
  };
  return [
    ...(chatUrl === null ? [serve] : []),
    { why: 'Have people compare the answers', command: `npx alpaca rate --evaluation ${word} --raters 5` },
    { why: 'Write a release to publish', command: `npx alpaca release ${word} --out release` },
  ];
}

function shareDone({ state, done, total }: Stage): number {
  if (total > 0) return Math.min(1, done / total);
  return state === 'done' ? 1 : 0;
}

function doneText({ done, total, unit }: Stage): string {
  if (total > 0) return `${count(done)} / ${count(total)} ${unit}`;
  return done > 0 ? `${count(done)} ${unit}` : '';
}

function acceptedText({ accepted, target }: Progress): string {
  return `${count(accepted)} / ${count(target)}`;
}

function costText({ costUsd, budgetUsd }: Progress): string {
  return budgetUsd === null ? usd(costUsd) : `${usd(costUsd)} of ${usd(budgetUsd)}`;
}

function lossText({ loss: { latest, before, after } }: Progress): string {
  if (before !== null && after !== null) return `${before.toFixed(3)} → ${after.toFixed(3)}`;
  return latest === null ? '–' : latest.toFixed(3);
}

function etaText({ etaSeconds }: Progress): string {
  if (etaSeconds === null) return '–';
  const minutes = Math.floor(etaSeconds / 60);
  return minutes > 0 ? `${count(minutes)} min ${etaSeconds % 60} s` : `${etaSeconds} s`;
}
