/** The chat page: keeps a conversation with each chosen model, asks /v1/chat/completions and shows tokens as they come. */

const form = element('ask', HTMLFormElement);
const instruction = element('instruction', HTMLTextAreaElement);
const input = element('input', HTMLTextAreaElement);
const send = element('send', HTMLButtonElement);
const stop = element('stop', HTMLButtonElement);

/**
 * What was said with one model: its messages, and where each is shown.
 * @typedef {{ role: 'user' | 'assistant', content: string, input?: string, shown: HTMLElement }} Message
 */
const PANES = ['a', 'b'].map((name) => ({
  model: element(`model-${name}`, HTMLSelectElement),
  place: element(`conversation-${name}`, HTMLElement),
  copy: element(`copy-${name}`, HTMLButtonElement),
  cut: document.createElement('p'),
  /** @type {Message[]} */
  messages: [],
}));
/** @typedef {(typeof PANES)[number]} Pane */

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
for (const pane of PANES) {
  const { model, copy, cut, messages } = pane;
  // What one model said is not shown to another as its own words.
  model.addEventListener('change', () => forget(pane));
  cut.className = 'cut';
  cut.textContent = 'The model is no longer shown what is above.';
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(messages.at(-1)?.content ?? '');
    say('Copied.');
  });
}

async function ask() {
  if (asking !== null) return;
  const controller = new AbortController();
  asking = controller;
  setAnswering(true);
  say('Answering.');
  const given = { instruction: instruction.value, input: input.value };
  const chosen = PANES.filter(({ model }) => model.value !== '');
  instruction.value = '';
  input.value = '';
  const endings = await Promise.all(chosen.map((pane) => answerIn(pane, given, controller.signal)));
  if (asking !== controller) return;
  asking = null;
  setAnswering(false);
  say(endings.map(({ sentence }) => sentence).join(' '));
  if (endings.some(({ answered }) => answered) || instruction.value !== '') return;
  instruction.value = given.instruction;
  input.value = given.input;
}

/** @param {boolean} answering */
function setAnswering(answering) {
  stop.disabled = !answering;
  send.disabled = answering;
}

function beginAnew() {
  asking?.abort();
  asking = null;
  setAnswering(false);
  for (const pane of PANES) forget(pane);
  say('');
  instruction.focus();
}

/** @param {Pane} pane */
function forget({ place, messages, copy }) {
  place.replaceChildren();
  messages.length = 0;
  copy.disabled = true;
}

/**
 * Asks one model and shows its answer; both are kept where there is an answer, be it one that was stopped. Gives the
 * sentence that says how it ended.
 * @param {Pane} pane
 * @param {{ instruction: string, input: string }} given
 * @param {AbortSignal} signal
 */
async function answerIn(pane, given, signal) {
  const { place, messages, copy } = pane;
  const model = pane.model.value;
  const asked = show(place, 'asked', [given.instruction, given.input].filter(Boolean).join('\n\n'));
  // How the two are joined is the model's own, and the server knows it.
  const question = { content: given.instruction, input: given.input };
  const shown = show(place, 'answer', '');
  copy.disabled = true;
  let ending = `${model}: stopped.`;
  try {
    const response = await fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(requestFor(model, [...messages, { role: 'user', ...question }])),
      signal,
    });
    if (!response.ok) throw new Error((await response.json()).error.message);
    let tokens = 0;
    let reason = 'stop';
    let dropped = 0;
    for await (const event of eventsOf(response)) {
      if ('error' in event) throw new Error(event.error.message);
      tokens = event.usage?.completion_tokens ?? tokens;
      dropped = event.dropped_messages ?? dropped;
      const [choice] = event.choices;
      append(place, shown, choice?.delta?.content ?? '');
      reason = choice?.finish_reason ?? reason;
    }
    const without = dropped === 0 ? '' : `, not shown the ${dropped} earliest messages`;
    ending = `${model}: ${tokens} tokens${reason === 'length' ? ', cut at the limit' : ''}${without}.`;
    if (dropped > 0) (messages[dropped]?.shown ?? asked).before(pane.cut);
  } catch (error) {
    if (!signal.aborted) {
      const message = error instanceof Error ? error.message : String(error);
      shown.className = 'failed';
      append(place, shown, `${shown.textContent === '' ? '' : ' '}${message}`);
      copy.disabled = messages.length === 0;
      return { sentence: `${model} did not answer.`, answered: false };
    }
  }
  const answer = shown.textContent ?? '';
  if (!place.contains(shown)) return { sentence: ending, answered: false };
  if (answer !== '')
    messages.push({ role: 'user', ...question, shown: asked }, { role: 'assistant', content: answer, shown });
  copy.disabled = messages.length === 0;
  return { sentence: ending, answered: answer !== '' };
}

/**
 * @param {HTMLElement} place
 * @param {'asked' | 'answer'} kind
 * @param {string} text
 */
function show(place, kind, text) {
  const shown = document.createElement('p');
  shown.className = kind;
  place.append(shown);
  append(place, shown, text);
  return shown;
}

/**
 * Adds to what is shown, and keeps the end in view for who has not scrolled away from it.
 * @param {HTMLElement} place
 * @param {HTMLElement} shown
 * @param {string} text
 */
function append(place, shown, text) {
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  shown.textContent += text;
  if (atEnd || shown.className === 'asked') place.scrollTop = place.scrollHeight;
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

/**
 * What the page reads of OpenAI's chunks.
 * @typedef {{
 *   choices: { delta?: { content?: string }, finish_reason?: string | null }[],
 *   usage?: { completion_tokens: number } | null,
 *   dropped_messages?: number,
 * }} Chunk
 */

/**
 * The JSON objects of a server-sent event stream, without the comments that keep it alive.
 * @param {Response} response
 * @returns {AsyncGenerator<Chunk | { error: { message: string } }>}
 */
async function* eventsOf(response) {
  if (response.body === null) return;
  let rest = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, data = '[DONE]'] = /^data: (.*)$/s.exec(line) ?? [];
      if (data !== '[DONE]') yield JSON.parse(data);
    }
  }
}

/** @param {string} id */
function inputOf(id) {
  return element(id, HTMLInputElement).value;
}

/** @param {string} text */
function say(text) {
  element('status', HTMLElement).textContent = text;
}

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function element(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} ${id}`);
}
