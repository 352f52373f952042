/**
 * Keeps the page of a running run up to date: asks for its progress and writes the answer into the cells
 * that carry a name. Text is set as text, never as markup. The page is loaded anew once the run has ended.
 *
 * @import { ShownRun } from '../page-answers.ts'
 */
const ASK_EVERY_MS = 2000;
const LONGEST_WAIT_MS = 30_000;

const state = document.getElementById('state');
if (state?.dataset.running === 'yes') void follow(state.dataset.workflow ?? '');

/** @param {string} workflowId */
async function follow(workflowId) {
  let waitMs = ASK_EVERY_MS;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (document.hidden) continue;
    try {
      const response = await fetch(`/runs/${encodeURIComponent(workflowId)}/shown`);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      /** @type {ShownRun} */
      const run = await response.json();
      const appeared = run.shown !== null && document.querySelector('[data-stage]') === null;
      if (run.closedAt !== null || appeared) return location.reload();
      show(run);
      waitMs = ASK_EVERY_MS;
    } catch {
      write(document, 'state', 'The web service does not answer; trying again.');
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
  }
}

/** @param {ShownRun} run */
function show({ state: text, command, shown }) {
  write(state, 'state', text);
  write(state, 'command', command);
  if (shown === null) return;
  for (const field of /** @type {const} */ (['accepted', 'cost', 'loss', 'eta']))
    write(document, field, shown[field]);
  for (const stage of shown.stages) {
    const row = document.querySelector(`[data-stage="${CSS.escape(stage.name)}"]`);
    if (!row) continue;
    for (const field of /** @type {const} */ (['state', 'done', 'note'])) write(row, field, stage[field]);
    const bar = row.querySelector('progress');
    if (bar) bar.value = stage.share;
  }
}

/**
 * Only what changed is written, so that a screen reader is not told the same again.
 * @param {ParentNode | null} within
 * @param {string} field
 * @param {string} text
 */
function write(within, field, text) {
  const cell = within?.querySelector(`[data-field="${field}"]`);
  if (cell && cell.textContent !== text) cell.textContent = text;
}
