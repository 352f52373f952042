/** The chat page: asks /v1/chat/completions for each chosen model and shows the tokens as they come. */

const form = element('ask', HTMLFormElement);
const stop = element('stop', HTMLButtonElement);
const PANES = ['a', 'b'];
/** @type {AbortController | null} */
let asking = null;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void ask();
});
stop.addEventListener('click', () => asking?.abort());
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  if (event.key === 'Escape') asking?.abort();
});
for (const pane of PANES)
  copyButton(pane).addEventListener('click', async () => {
    await navigator.clipboard.writeText(answerBox(pane).textContent);
    say('Copied.');
  });

async function ask() {
  asking?.abort();
  const controller = new AbortController();
  asking = controller;
  stop.disabled = false;
  say('Answering.');
  const chosen = PANES.filter((pane) => modelOf(pane) !== '');
  for (const pane of PANES) answerBox(pane).textContent = '';
  const endings = await Promise.all(chosen.map((pane) => answerIn(pane, controller.signal)));
  if (asking !== controller) return;
  asking = null;
  stop.disabled = true;
  say(endings.join(' '));
}

/**
 * Shows one model's answer; returns the sentence that says how it ended.
 * @param {string} pane
 * @param {AbortSignal} signal
 */
async function answerIn(pane, signal) {
  const model = modelOf(pane);
  const place = answerBox(pane);
  const copy = copyButton(pane);
  copy.disabled = true;
  try {
    const response = await fetch('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(requestFor(model)),
      signal,
    });
    if (!response.ok) throw new Error((await response.json()).error.message);
    let tokens = 0;
    let reason = 'stop';
    for await (const event of eventsOf(response)) {
      if ('error' in event) throw new Error(event.error.message);
      tokens = event.usage?.completion_tokens ?? tokens;
      const [choice] = event.choices;
      place.textContent += choice?.delta?.content ?? '';
      reason = choice?.finish_reason ?? reason;
    }
    return `${model}: ${tokens} tokens${reason === 'length' ? ', cut at the limit' : ''}.`;
  } catch (error) {
    if (signal.aborted) return `${model}: stopped.`;
    place.textContent = error instanceof Error ? error.message : String(error);
    return `${model} did not answer.`;
  } finally {
    copy.disabled = place.textContent === '';
  }
}

/** @param {string} model */
function requestFor(model) {
  const seed = inputOf('seed');
  return {
    model,
    messages: [{ role: 'user', content: element('instruction', HTMLTextAreaElement).value }],
    input: element('input', HTMLTextAreaElement).value,
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
 * }} Chunk
 */

/**
 * The JSON objects of a server-sent event stream.
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
      const data = line.replace(/^data: /, '');
      if (data !== '[DONE]') yield JSON.parse(data);
    }
  }
}

/** @param {string} pane */
function modelOf(pane) {
  return element(`model-${pane}`, HTMLSelectElement).value;
}

/** @param {string} pane */
function answerBox(pane) {
  return element(`answer-${pane}`, HTMLElement);
}

/** @param {string} pane */
function copyButton(pane) {
  return element(`copy-${pane}`, HTMLButtonElement);
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
