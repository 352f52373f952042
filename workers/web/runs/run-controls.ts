import { html, type Markup } from '../../../activities/document/html.ts';
import type { RunView } from '../../runs/runs.ts';
import { isStartable } from '../../runs/startable.ts';
import { type RunUpdate, UPDATES_OF } from '../../runs/updates.ts';

/** How a run is changed from its page, each by a button that asks again: the script of the page says it to the API. */
interface Control {
  text: string;
  /** what is asked before it is done */
  question: string;
  /** the number that goes along */
  number?: { field: string; label: string; least: number; most?: number };
}

/** What raters do by themselves is none of it. */
const CONTROLS: Partial<Record<RunUpdate, Control>> = {
  pause: { text: 'Pause', question: 'Pause this run? It starts nothing new; what is in flight finishes.' },
  resume: { text: 'Resume', question: 'Go on? What the run waits for is tried at once.' },
  setBudget: {
    text: 'Set the budget',
    question: 'Set the hard cap of what this run may spend in all, what it has spent included?',
    number: { field: 'budgetUsd', label: 'Budget in dollars', least: 0 },
  },
  setTarget: {
    text: 'Set the target',
    question: 'Set how many accepted instructions this run is to reach?',
    number: { field: 'target', label: 'Accepted instructions', least: 1 },
  },
  setConcurrency: {
    text: 'Set the concurrency',
    question: 'Set how many requests are in flight at once?',
    number: { field: 'concurrency', label: 'Requests in flight', least: 1, most: 256 },
  },
  stopEarly: {
    text: 'Stop generating',
    question: 'End generation with what is accepted, and go on with the steps after it?',
  },
  close: { text: 'Count the votes', question: 'End this comparison with the votes so far?' },
};

const CANCEL: Control = {
  text: 'Cancel the run',
  question: 'Cancel this run? It ends in order and does not go on; what it made is kept.',
};

/** What can be done with a run now, as the API has it beneath the run. */
export function controlsNow({ workflow, closedAt, progress }: RunView): string[] {
  if (closedAt !== null || !isStartable(workflow)) return [];
  const generates = progress?.stages.find(({ name }) => name === 'generate')?.state !== 'done';
  const isPausedByPerson = progress?.pauseKind === 'person';
  const may: Partial<Record<RunUpdate, boolean>> = {
    pause: !isPausedByPerson,
    resume: progress === null || progress.state === 'paused',
    setTarget: generates,
    setConcurrency: generates,
    stopEarly: generates,
  };
  const updates = UPDATES_OF[workflow].filter((name) => CONTROLS[name] && may[name] !== false);
  return [...updates.map((name) => `updates/${name}`), 'cancel'];
}

/** The buttons of an open run, those hidden that can do nothing now; nothing of one that has ended. */
export function runControls(run: RunView): Markup | null {
  const { id, workflow, closedAt } = run;
  if (closedAt !== null || !isStartable(workflow)) return null;
  const now = controlsNow(run);
  const buttons = UPDATES_OF[workflow].flatMap((name) => {
    const control = CONTROLS[name];
    return control ? [button(`updates/${name}`, control, now)] : [];
  });
  return html`<section id="steer" data-run="${encodeURIComponent(id)}" aria-labelledby="steer-title">
<h2 id="steer-title">Change it</h2>
<p class="actions">${buttons}${button('cancel', CANCEL, now)}</p>
<p class="hint" id="steer-status" role="status"></p>
</section>
${confirmation()}
<noscript><p>Changing a run needs JavaScript.</p></noscript>`;
}

/** What asks again before anything is done. */
export function confirmation(): Markup {
  return html`<dialog id="confirm" aria-labelledby="confirm-question">
<p id="confirm-question"></p>
<p class="field" id="confirm-field"><label for="confirm-number"></label><input type="number" id="confirm-number" step="any"></p>
<p class="actions"><button type="button" id="confirm-yes" class="strong">Yes</button><button type="button" id="confirm-no">No</button></p>
</dialog>`;
}

function button(path: string, { text, question, number }: Control, now: readonly string[]): Markup {
  const asked =
    number === undefined
      ? null
      : html` data-field="${number.field}" data-label="${number.label}" data-least="${number.least}" data-most="${number.most ?? ''}"`;
  const hidden = now.includes(path) ? null : html` hidden`;
  return html`<button type="button"${hidden} data-path="${path}" data-question="${question}"${asked}>${text}</button>`;
}
