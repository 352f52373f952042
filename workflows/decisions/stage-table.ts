import { Defect } from '../contracts/failures.ts';
import type { StageName } from '../contracts/pipeline.ts';
import type { Pause, Progress, Stage } from '../contracts/progress.ts';
import { forecastText, timeLeftText, tokensText } from './forecast/forecast-text.ts';
import { markdownText } from './screen/markdown-text.ts';
import { usd } from './screen/money-text.ts';

/** The stages of a run, as the `progress` query and the Temporal UI show them. Pure: time is passed in. */
export interface StageTable {
  readonly stages: Stage[];
  start(name: StageName, now: Date, total?: number, unit?: string): void;
  update(name: StageName, change: Partial<Pick<Stage, 'done' | 'total' | 'unit' | 'note'>>): void;
  /** what is done stays what it is: a generation may end below its target */
  finish(name: StageName, now: Date, note?: string): void;
  /** the running stage, or the last one that ended */
  current(): StageName;
}

export function createStageTable(names: readonly StageName[], carried?: Stage[]): StageTable {
  const stages = names.map(
    (name): Stage =>
      carried?.find((stage) => stage.name === name) ?? {
        name,
        state: 'waiting',
        done: 0,
        total: 0,
        unit: '',
        note: '',
        startedAt: null,
        endedAt: null,
      },
  );

  const find = (name: StageName): Stage => {
    const stage = stages.find((candidate) => candidate.name === name);
    if (!stage) throw new Defect(`there is no stage ${name}`);
    return stage;
  };

  return {
    stages,
    start(name, now, total = 0, unit = '') {
      Object.assign(find(name), { state: 'running', startedAt: now.toISOString(), total, unit });
    },
    update(name, change) {
      Object.assign(find(name), change);
    },
    finish(name, now, note) {
      Object.assign(find(name), {
        state: 'done',
        endedAt: now.toISOString(),
        ...(note === undefined ? {} : { note }),
      });
    },
    current() {
      const running = stages.find((stage) => stage.state === 'running');
      const ended = stages.findLast((stage) => stage.state === 'done');
      return (running ?? ended ?? find(names[0] ?? 'sample')).name;
    },
  };
}

/** A stage's state for a person: while its run waits for whatever, a stage that has begun does not run. */
export function stateOf({ state }: Stage, run: Pick<Progress, 'state'>): Stage['state'] | 'paused' {
  return state === 'running' && run.state === 'paused' ? 'paused' : state;
}

/** Seconds to the end of the running stage at its pace so far; null before there is a pace. */
export function etaSeconds(stage: Stage | undefined, now: Date): number | null {
  if (stage?.state !== 'running' || stage.startedAt === null || stage.done <= 0 || stage.total <= 0)
    return null;
  const elapsed = (now.getTime() - Date.parse(stage.startedAt)) / 1000;
  return Math.round((elapsed * Math.max(0, stage.total - stage.done)) / stage.done);
}

/** The run's live details in the Temporal UI, in markdown. */
export function toMarkdown(progress: Progress): string {
  const { state, stage, pauseReason, budgetUsd } = progress;
  const money = budgetUsd === null ? '' : ` of ${usd(budgetUsd)}`;
  const lines = [
    state === 'paused'
      ? pauseToMarkdown({ reason: pauseReason ?? '' })
      : `**${state === 'done' ? 'Done' : `Running: ${stage}`}**`,
    '',
    `Accepted ${progress.accepted} of ${progress.target} · cost ${usd(progress.costUsd)}${money}${lossText(progress)}${etaText(progress)}`,
    ...forecastLines(progress),
    '',
    '| stage | state | done | |',
    '|---|---|---|---|',
    ...progress.stages.map(
      (row) => `| ${row.name} | ${stateOf(row, progress)} | ${countText(row)} | ${markdownText(row.note)} |`,
    ),
  ];
  return lines.join('\n');
}

/** Why a workflow waits, in the same place. */
export function pauseToMarkdown({ reason }: Pick<Pause, 'reason'>): string {
  return `**Paused: ${markdownText(reason)}**`;
}

function forecastLines({ forecast }: Progress): string[] {
  return forecast === null
    ? []
    : ['', `Generation in all: ${forecastText(forecast)}; ${tokensText(forecast)}`];
}

function countText(stage: Stage): string {
  if (stage.total > 0) return `${stage.done} / ${stage.total} ${stage.unit}`;
  return stage.done > 0 ? `${stage.done} ${stage.unit}` : '';
}

function lossText({ loss }: Progress): string {
  if (loss.after !== null && loss.before !== null)
    return ` · held-out loss ${loss.before.toFixed(3)} to ${loss.after.toFixed(3)}`;
  return loss.latest === null ? '' : ` · loss ${loss.latest.toFixed(3)}`;
}

function etaText({ etaSeconds: seconds, forecast }: Progress): string {
  if (forecast !== null) return ` · ${timeLeftText(forecast)}`;
  if (seconds === null) return '';
  const minutes = Math.floor(seconds / 60);
  return ` · about ${minutes > 0 ? `${minutes} min ` : ''}${seconds % 60} s left in this stage`;
}
