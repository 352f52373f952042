import type { RunView } from '../../runs/runs.ts';
import type { ShownRun } from '../page-answers.ts';
import type { RunsPlace } from '../place.ts';
import { controlsNow } from './run-controls.ts';
import type { RunFigures } from './run-figures.ts';
import { curvesPart, rowsPart, spentPart } from './run-parts.ts';
import { commandThatGoesOn, shownProgress, stateText } from './run-texts.ts';

/** What a run's page shows of it that changes. */
export function shownRun(run: RunView, figures: RunFigures, place: RunsPlace, now: Date): ShownRun {
  const { progress, closedAt, status } = run;
  return {
    closedAt,
    state: stateText(run),
    command: commandThatGoesOn(run, place),
    shown: progress === null ? null : shownProgress(progress, status),
    controls: controlsNow(run),
    parts: {
      curves: String(curvesPart(figures) ?? ''),
      spent: String((progress && spentPart(progress, figures, now)) ?? ''),
      rows: String(rowsPart(figures) ?? ''),
    },
  };
}
