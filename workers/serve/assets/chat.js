/**
 * The chat page: one conversation, each question with the answer of the chosen model or of two beside each other, asked of
 * /v1/chat/completions and shown as tokens come. What a model says is set as text alone.
 */

import { shownAnswer } from './answer.js';
import { element, inputOf, made, say } from './elements.js';

const form = element('ask', HTMLFormElement);
const instruction = element('instruction', HTMLTextAreaElement);
const input = element('input', HTMLTextAreaElement);
const send = element('send', HTMLButtonElement);
const stop = element('stop', HTMLButtonElement);
const model = element('model', HTMLSelectElement);
const compare = element('compare', HTMLInputElement);
const other = element('other', HTMLSelectElement);
const conversation = element('conversation', HTMLElement);

/** How often it is asked whether a model in training is there, in milliseconds. */
const TRAINING_MS = 10_000;

/**
 * What the server knows of a model before it is asked.
 * @typedef {{
 *   state: 'open' | 'closed' | 'training',
 *   takesConversations: boolean,
 *   base: string | null,
 *   examples: { instruction: string, input: string }[],
 * }} About
 */
/** @type {Map<string, About>} */
const known = new Map();
/** Of the chosen model. */
const about = () => known.get(model.value) ?? null;

/** @typedef {{ role: 'user' | 'assistant', content: string, input?: string }} Message */
/**
 * What was said with each model: what one said is not shown to another as its own words.
 * @type {Map<string, Message[]>}
 */
const histories = new Map();

/** @type {AbortController | null} */
let asking = null;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void ask();
});
stop.addEventListener('click', () => asking?.abort());
element('anew', HTMLButtonElement).addEventListener('click', beginAnew);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  if (event.key === 'Escape') asking?.abort();
});
model.addEventListener('change', () => void learn());
compare.addEventListener('change', () => {
  element('other-label', HTMLElement).hidden = !compare.checked;
});
void learn();

/** Asks what is known of the chosen model and says it; while it is in training, again and again. */
async function learn() {
  const name = model.value;
  const isTraining = (await askAbout(name))?.state === 'training';
  if (model.value !== name) return;
  tell(name);
  if (isTraining) setTimeout(() => model.value === name && void learn(), TRAINING_MS);
}

/** What is known of a model now; where the server does not answer, what was before. @param {string} name */
async function askAbout(name) {
  const response = await fetch(`/about?model=${encodeURIComponent(name)}`).catch(() => null);
  if (response?.ok) known.set(name, await response.json());
  else if (response?.status === 404) known.delete(name);
  return known.get(name) ?? null;
}

/** @param {string} name */
function tell(name) {
  const isTraining = about()?.state === 'training';
  element('about', HTMLElement).textContent = isTraining
    ? `${name} is still training: it can be asked once its run has ended.`
    : turnsText();
  send.disabled = isTraining || asking !== null;
  offerBase(about()?.base ?? null);
  const list = element('examples', HTMLElement);
  const examples = isTraining ? [] : (about()?.examples ?? []);
  list.hidden = examples.length === 0;
  list.querySelector('ul')?.replaceChildren(...examples.map(exampleItem));
}

function turnsText() {
  const told = about();
  if (told === null) return '';
  const turns = told.takesConversations
    ? 'It is shown what was said before.'
    : 'It was taught no conversations: each question is asked by itself, without what was said before.';
  return told.state === 'closed' ? `${turns} The first question loads it.` : turns;
}

/** Beside a model its base comes first, until another is chosen. @param {string | null} base */
function offerBase(base) {
  const isOffered = [...other.options].some(({ value, dataset }) => value === base && 'base' in dataset);
  if (isOffered) return;
  element('compare-label', HTMLElement).textContent =
    base === null ? 'Another beside it' : 'Its base beside it';
  for (const option of [...other.options]) if (option.dataset.base !== undefined) option.remove();
  if (base !== null) {
    const option = new Option('the base, before training', base);
    option.dataset.base = '';
    other.prepend(option);
    other.value = base;
  } else if (other.value === model.value)
    other.value = [...other.options].find(({ value }) => value !== model.value)?.value ?? other.value;
  compare.disabled = ![...other.options].some(({ value }) => value !== model.value);
}

/** @param {About['examples'][number]} example */
function exampleItem(example) {
  const button = made('button', 'example', example.instruction);
  button.setAttribute('type', 'button');
  if (example.input !== '') button.append(made('span', 'given', example.input));
  button.addEventListener('click', () => {
    if (asking !== null) return;
    instruction.value = example.instruction;
    input.value = example.input;
    form.requestSubmit();
  });
  const item = document.createElement('li');
  item.append(button);
  return item;
}

async function ask() {
  if (asking !== null || send.disabled) return;
  const controller = new AbortController();
  asking = controller;
  setAnswering(true);
  say('Answering.');
  const given = { content: instruction.value, input: input.value };
  const chosen = compare.checked && other.value !== model.value ? [model.value, other.value] : [model.value];
  instruction.value = '';
  input.value = '';
  const answers = showQuestion(given);
  const endings = await Promise.all(chosen.map((name) => answerOf(name, given, answers, controller.signal)));
  if (asking !== controller) return;
  asking = null;
  setAnswering(false);
  say(endings.map(({ sentence }) => sentence).join(' '));
  if (!endings.some(({ answered }) => answered) && instruction.value === '') {
    instruction.value = given.content;
    input.value = given.input;
  }
  if (about()?.state === 'closed') void learn();
}

/** @param {boolean} answering */
function setAnswering(answering) {
  stop.disabled = !answering;
  send.disabled = answering || about()?.state === 'training';
  // A screen reader reads an answer once it is whole.
  conversation.setAttribute('aria-busy', String(answering));
}

function beginAnew() {
  asking?.abort();
  asking = null;
  setAnswering(false);
  conversation.replaceChildren();
  histories.clear();
  say('');
  instruction.focus();
}

/** @param {{ content: string, input: string }} given */
function showQuestion(given) {
  const turn = made('article', 'turn', '');
  turn.setAttribute('aria-label', 'Question');
  const answers = made('div', 'answers', '');
  turn.append(made('p', 'asked', [given.content, given.input].filter(Boolean).join('\n\n')), answers);
  conversation.append(turn);
  window.scrollTo(0, document.documentElement.scrollHeight);
  return answers;
}

/**
 * Asks one model and shows its answer; both are kept where there is an answer, be it one that was stopped. Gives the
 * sentence that says how it ended.
 * @param {string} name
 * @param {{ content: string, input: string }} given
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 */
async function answerOf(name, given, place, signal) {
  const [shown, note] = [made('p', 'answer', ''), made('p', 'note', waitingText(name))];
  const bubble = made('section', 'bubble', '');
  bubble.setAttribute('aria-label', name);
  bubble.append(made('h3', '', nameShown(name)), shown, note);
  place.append(bubble);
  const question = { role: /** @type {const} */ ('user'), ...given };
  const told = name === model.value ? about() : await askAbout(name);
  const before = told?.takesConversations ? (histories.get(name) ?? []) : [];
  let ending = 'stopped';
  let failed = false;
  try {
    const response = await fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(requestFor(name, [...before, question])),
      signal,
    });
    if (!response.ok) throw new Error((await response.json()).error.message);
    note.textContent = 'Waiting for its first word.';
    ending = await shownAnswer(response, { shown, note });
  } catch (error) {
    failed = !signal.aborted;
    if (failed) ending = error instanceof Error ? error.message : String(error);
  }
  note.textContent = ending;
  if (failed) bubble.classList.add('failed');
  const answer = shown.textContent ?? '';
  const answered = conversation.contains(bubble) && answer !== '' && !failed;
  if (answered) {
    histories.set(name, [...(histories.get(name) ?? []), question, { role: 'assistant', content: answer }]);
    // A browser gives the clipboard to no page that came by plain HTTP from elsewhere.
    if (window.isSecureContext) bubble.append(copyButton(answer));
  }
  const sentence = failed ? `${nameShown(name)} did not answer.` : `${nameShown(name)}: ${ending}.`;
  return { sentence, answered };
}

/** @param {string} name */
function waitingText(name) {
  const opens = name !== model.value || about()?.state === 'closed';
  return opens ? `${nameShown(name)} is loading, or waits for its turn.` : 'Waiting for its turn.';
}

/** @param {string} name */
function nameShown(name) {
  return name === about()?.base ? `${model.value}, before training` : name;
}

/** @param {string} answer */
function copyButton(answer) {
  const button = made('button', 'copy', 'Copy');
  button.setAttribute('type', 'button');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(answer);
    say('Copied.');
  });
  return button;
}

/**
 * @param {string} model
 * @param {{ role: string, content: string, input?: string }[]} messages
 */
function requestFor(model, messages) {
  const seed = inputOf('seed');
  return {
    model,
    messages: messages.map(({ role, content, input: beside }) => ({ role, content, input: beside })),
    truncation: element('truncation', HTMLSelectElement).value,
    temperature: Number(inputOf('temperature')),
    top_p: Number(inputOf('topP')),
    max_completion_tokens: Number(inputOf('maxTokens')),
    ...(seed === '' ? {} : { seed: Number(seed) }),
    stream: true,
    stream_options: { include_usage: true },
  };
}
