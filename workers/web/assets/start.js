import { confirmed, part, post, Refused } from './api.js';

/** The form of a new run: estimates it, asks, starts it once, and goes to its page. */

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

const form = /** @type {HTMLFormElement} */ (part('start'));
/** Names this start: a second click, or a request that is sent again, starts no second run. */
let key = newKey();

form.addEventListener('input', () => {
  key = newKey();
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void start();
});

async function start() {
  for (const field of fields()) tell(field, '');
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button[type=submit]'));
  button.disabled = true;
  try {
    const input = inputOf();
    say('Estimating…');
    const lines = await estimateOf(input);
    say('');
    if ((await confirmed([...lines, 'Start this run?'].join('\n'))) === null) return;
    say('Starting…');
    /** @type {{ workflowId: string }} */
    const { workflowId } = await post('workflows/alpaca/runs', input, key);
    location.assign(`/runs/${encodeURIComponent(workflowId)}`);
  } catch (error) {
    show(error);
  } finally {
    button.disabled = false;
  }
}

/**
 * @param {object} input
 * @returns {Promise<string[]>} lines for a person: of a run without an estimate, why it has none
 */
async function estimateOf(input) {
  try {
    const { lines } = await post('estimates', input);
    return lines;
  } catch (error) {
    if (!(error instanceof Refused) || error.errors.length > 0) throw error;
    return [`There is no estimate of it: ${error.message}`];
  }
}

/** @returns {Field[]} */
function fields() {
  return [.../** @type {NodeListOf<Field>} */ (form.querySelectorAll('[data-path]'))];
}

/** What is said in the form, as the workflow takes it. */
function inputOf() {
  /** @type {Record<string, any>} */
  const input = {};
  for (const field of fields()) {
    const text = field.value.trim();
    if (text === '') continue;
    const names = (field.dataset.path ?? '').split('.');
    const last = names.pop() ?? '';
    const place = names.reduce((at, name) => {
      at[name] ??= {};
      return at[name];
    }, input);
    place[last] = givenIn(field, text);
  }
  return input;
}

/**
 * @param {Field} field
 * @param {string} text
 */
function givenIn(field, text) {
  if (field.dataset.kind === 'text') return text;
  try {
    return JSON.parse(text);
  } catch {
    tell(field, 'This is no JSON.');
    field.focus();
    throw new Refused({ detail: `${field.dataset.path} is no JSON.` });
  }
}

/** @param {unknown} error */
function show(error) {
  const problems = error instanceof Refused ? error.errors : [];
  let first = null;
  for (const { pointer, detail } of problems) {
    const path = pointer.slice(1).replaceAll('/', '.');
    const field = fields().find(
      ({ dataset }) => path === dataset.path || path.startsWith(`${dataset.path}.`),
    );
    if (!field) continue;
    tell(field, detail);
    const group = field.closest('details');
    if (group) group.open = true;
    first ??= field;
  }
  say(error instanceof Error ? error.message : String(error));
  first?.focus();
}

/**
 * @param {Field} field
 * @param {string} problem empty where there is none
 */
function tell(field, problem) {
  part(`${field.id}-problem`).textContent = problem;
  if (problem === '') field.removeAttribute('aria-invalid');
  else field.setAttribute('aria-invalid', 'true');
}

/** @param {string} text */
function say(text) {
  part('start-status').textContent = text;
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
