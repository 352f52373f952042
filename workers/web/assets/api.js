/** Says something to the API, and asks before. No page of another origin can: the service takes JSON of its own pages alone. */

/** The API refused. */
export class Refused extends Error {
  /** @param {{ detail?: string, errors?: { pointer: string, detail: string }[] }} problem */
  constructor({ detail, errors }) {
    super(detail ?? 'The web service does not answer as it should.');
    this.errors = errors ?? [];
  }
}

/**
 * @param {string} path beneath the API
 * @param {object} body
 * @param {string} [key] has it done once, however often it is sent
 * @returns {Promise<any>} what it answers
 */
export async function post(path, body, key) {
  const headers = { 'content-type': 'application/json', ...(key ? { 'idempotency-key': key } : {}) };
  const response = await fetch(`/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Refused(answer);
}

/**
 * Asks a person. Escape is no.
 *
 * @param {string} question
 * @param {{ label: string, least: string, most: string }} [number] that goes along
 * @returns {Promise<{ number: number } | null>} null for no
 */
export function confirmed(question, number) {
  const dialog = /** @type {HTMLDialogElement} */ (part('confirm'));
  const field = part('confirm-field');
  const input = /** @type {HTMLInputElement} */ (part('confirm-number'));
  part('confirm-question').textContent = question;
  field.hidden = number === undefined;
  input.value = '';
  input.required = number !== undefined;
  input.min = number?.least ?? '';
  input.max = number?.most ?? '';
  const label = field.querySelector('label');
  if (label) label.textContent = number?.label ?? '';
  dialog.showModal();
  if (number === undefined) part('confirm-no').focus();
  else input.focus();
  return new Promise((resolve) => {
    const yes = () => {
      if (!input.reportValidity()) return;
      answer({ number: Number(input.value) });
    };
    const no = () => answer(null);
    /** @param {KeyboardEvent} event */
    const enter = (event) => {
      if (event.key === 'Enter') yes();
    };
    /** @param {{ number: number } | null} given */
    const answer = (given) => {
      part('confirm-yes').removeEventListener('click', yes);
      part('confirm-no').removeEventListener('click', no);
      input.removeEventListener('keydown', enter);
      dialog.removeEventListener('cancel', no);
      dialog.close();
      resolve(given);
    };
    part('confirm-yes').addEventListener('click', yes);
    part('confirm-no').addEventListener('click', no);
    input.addEventListener('keydown', enter);
    dialog.addEventListener('cancel', no);
  });
}

/**
 * @param {string} id of an element that the page has
 * @returns {HTMLElement}
 */
export function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}
