/**
 * Keeps the page of a running run up to date: the service says what changed, and it is written into the cells that carry a
 * name. Text is set as text; the parts that are put in place whole are markup of the service's own, in which all text
 * is escaped. Nothing is followed while nobody looks. The page is loaded anew once the run has ended.
 *
 * @import { ShownRun } from '../page-answers.ts'
 */
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 30_000;

const state = document.getElementById('state');
/** @type {EventSource | null} */
let source = null;
let waitMs = FIRST_WAIT_MS;

if (state?.dataset.running === 'yes') {
  document.addEventListener('visibilitychange', () => (document.hidden ? leave() : follow()));
  if (!document.hidden) follow();
}

function follow() {
  if (source !== null) return;
  const opened = new EventSource(`/runs/${encodeURIComponent(state?.dataset.workflow ?? '')}/changes`);
  source = opened;
  opened.addEventListener('run', ({ data }) => {
    waitMs = FIRST_WAIT_MS;
    show(JSON.parse(data));
  });
  opened.addEventListener('end', () => {
    leave();
    location.reload();
  });
  opened.addEventListener('error', () => {
    write(document, 'state', 'The web service does not answer; trying again.');
    // What is cut off is opened again by the browser; what was refused is not.
    if (opened.readyState !== EventSource.CLOSED || source !== opened) return;
    source = null;
    setTimeout(() => document.hidden || follow(), waitMs);
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  });
}

function leave() {
  source?.close();
  source = null;
}

/** @param {ShownRun} run */
function show({ state: text, command, shown, controls, parts }) {
  if (shown !== null && document.querySelector('[data-stage]') === null) return location.reload();
  write(state, 'state', text);
  write(state, 'command', command);
  for (const button of document.querySelectorAll('#steer button'))
    if (button instanceof HTMLButtonElement) button.hidden = !controls.includes(button.dataset.path ?? '');
  for (const [name, markup] of Object.entries(parts)) put(name, markup);
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

/** @type {Map<string, string>} */
const shownParts = new Map();

/**
 * Puts a part in place whole, if it is another; what a person has opened in it stays open.
 * @param {string} name
 * @param {string} markup
 */
function put(name, markup) {
  const place = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
  if (place === null || shownParts.get(name) === markup) return;
  shownParts.set(name, markup);
  const open = [...place.querySelectorAll('details')].map((details) => details.open);
  const focused = [...place.querySelectorAll('summary')].findIndex((one) => one.matches(':focus'));
  place.innerHTML = markup;
  for (const [index, details] of [...place.querySelectorAll('details')].entries())
    details.open = open[index] ?? false;
  if (focused >= 0) place.querySelectorAll('summary')[focused]?.focus();
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
