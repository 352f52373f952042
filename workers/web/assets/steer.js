import { confirmed, part, post } from './api.js';

/** The buttons by which a run is changed from its page. */

for (const button of document.querySelectorAll('#steer button'))
  if (button instanceof HTMLButtonElement) button.addEventListener('click', () => void steer(button));

/** @param {HTMLButtonElement} button */
async function steer(button) {
  const { path = '', question = '', field, label = '', least = '', most = '' } = button.dataset;
  const answer = await confirmed(question, field === undefined ? undefined : { label, least, most });
  button.focus();
  if (answer === null) return;
  say('…');
  button.disabled = true;
  try {
    const body = field === undefined ? {} : { [field]: answer.number };
    await post(`runs/${part('steer').dataset.run}/${path}`, body);
    say(`${button.textContent}: done.`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  } finally {
    button.disabled = false;
    button.focus();
  }
}

/** @param {string} text */
function say(text) {
  part('steer-status').textContent = text;
}
