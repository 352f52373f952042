import type { Writable } from 'node:stream';
import { MultiBar, type SingleBar } from 'cli-progress';
import type { Progress, Stage } from '../../../workflows/contracts/progress.ts';
import { forecastText, timeLeftText } from '../../../workflows/decisions/forecast/forecast-text.ts';
import { stateOf } from '../../../workflows/decisions/stage-table.ts';
import { shown, writeLine } from '../terminal.ts';

/** Draws a run's progress: bars on a terminal, a line for each change elsewhere. */
export interface ProgressDisplay {
  show(progress: Progress): void;
  /** a line that does not disturb the bars */
  say(line: string): void;
  close(): void;
}

export function openProgress(stream: ProgressStream = process.stderr): ProgressDisplay {
  return stream.isTTY ? new Bars(stream) : new Lines(stream);
}

type ProgressStream = Writable & { isTTY?: boolean };

/** What is right of a bar, which a terminal cuts at its end: of a running stage percent and time left come first. */
export function stageText(stage: Stage, progress: Progress): string {
  const counts = stage.total > 0 ? `${stage.done}/${stage.total} ${stage.unit}` : '';
  const isCurrent = stage.state === 'running' && progress.stage === stage.name;
  const state = stage.state === 'skipped' ? 'skipped' : '';
  const { left = '', inAll = '' } = isCurrent ? timeLeft(stage, progress) : {};
  return [isCurrent ? percentOf(stage) : '', left, counts, stage.note, inAll, state]
    .filter(Boolean)
    .join(', ');
}

function percentOf({ done, total }: Stage): string {
  return total > 0 ? `${Math.min(100, Math.floor((100 * done) / total))}%` : '';
}

/** Of the generate stage with its interval and what the whole of it takes; of others by their pace. */
function timeLeft({ name }: Stage, { forecast, etaSeconds }: Progress): { left?: string; inAll?: string } {
  if (name === 'generate' && forecast !== null)
    return { left: timeLeftText(forecast), inAll: `in all ${forecastText(forecast)}` };
  return etaSeconds === null ? {} : { left: `${Math.round(etaSeconds)} s left` };
}

class Bars implements ProgressDisplay {
  readonly #multi: MultiBar;
  readonly #bars = new Map<string, SingleBar>();
  #pauseReason: string | null = null;

  constructor(stream: ProgressStream) {
    this.#multi = new MultiBar({
      stream,
      format: '{name} {bar} {text}',
      barCompleteChar: '=',
      barIncompleteChar: '-',
      barsize: 24,
      hideCursor: true,
      // Names and notes come from a workflow: they are data, and are not formatted again.
      autopadding: false,
      linewrap: false,
    });
  }

  show(progress: Progress): void {
    for (const stage of progress.stages) {
      const total = Math.max(stage.total, 1);
      // Of what has no total a bar can say that it has ended, and nothing before.
      const done = stage.total > 0 ? Math.min(stage.done, total) : Number(stage.state === 'done');
      const payload = { name: stage.name.padEnd(9), text: shown(stageText(stage, progress)) };
      const bar = this.#bars.get(stage.name) ?? this.#multi.create(total, 0, payload);
      this.#bars.set(stage.name, bar);
      bar.setTotal(total);
      bar.update(done, payload);
    }
    if (progress.pauseReason !== this.#pauseReason) {
      this.#pauseReason = progress.pauseReason;
      if (progress.pauseReason) this.say(`paused: ${progress.pauseReason}`);
    }
  }

  say(line: string): void {
    this.#multi.log(`${shown(line)}\n`);
  }

  close(): void {
    this.#multi.update();
    this.#multi.stop();
  }
}

class Lines implements ProgressDisplay {
  readonly #stream: ProgressStream;
  readonly #said = new Map<string, string>();
  readonly #saidAt = new Map<string, number>();

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  show(progress: Progress): void {
    for (const stage of progress.stages) {
      if (stage.state === 'waiting') continue;
      const state = stateOf(stage, progress);
      const isNewState = !this.#said.get(stage.name)?.startsWith(state);
      const text = `${state} ${stageText(stage, progress)}`;
      const due = Date.now() - (this.#saidAt.get(stage.name) ?? 0) > 10_000;
      if (isNewState || (due && this.#said.get(stage.name) !== text)) {
        this.#said.set(stage.name, text);
        this.#saidAt.set(stage.name, Date.now());
        this.say(`${stage.name}: ${text}`);
      }
    }
    const pause = progress.pauseReason ? `paused: ${progress.pauseReason}` : '';
    if (pause !== (this.#said.get('pause') ?? '')) {
      this.#said.set('pause', pause);
      if (pause) this.say(pause);
    }
  }

  say(line: string): void {
    writeLine(this.#stream, line);
  }

  close(): void {}
}
