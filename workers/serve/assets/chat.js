/** The chat page: asks /v1/chat/completions for each chosen model and shows the tokens as they come. */

const element = (id) => document.getElementById(id);
const form = element('ask');
const PANES = ['a', 'b'];
let asking = null;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void ask();
});
element('stop').addEventListener('click', () => asking?.abort());
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  if (event.key === 'Escape') asking?.abort();
});
for (const button of document.querySelectorAll('.copy'))
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(element(button.dataset.of).textContent);
    say('Copied.');
  });

async function ask() {
  asking?.abort();
  const controller = new AbortController();
  asking = controller;
  element('stop').disabled = false;
  say('Answering.');
  const chosen = PANES.filter((pane) => element(`model-${pane}`).value !== '');
  for (const pane of PANES) element(`answer-${pane}`).textContent = '';
  const endings = await Promise.all(chosen.map((pane) => answerIn(pane, controller.signal)));
  if (asking !== controller) return;
  asking = null;
  element('stop').disabled = true;
  say(endings.join(' '));
}

/** Shows one model's answer; returns the sentence that says how it ended. */
async function answerIn(pane, signal) {
  const model = element(`model-${pane}`).value;
  const place = element(`answer-${pane}`);
  const copy = document.querySelector(`[data-of="answer-${pane}"]`);
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
      if (event.error) throw new Error(event.error.message);
      tokens = event.usage?.completion_tokens ?? tokens;
      const [choice] = event.choices;
      place.textContent += choice?.delta?.content ?? '';
      reason = choice?.finish_reason ?? reason;
    }
    return `${model}: ${tokens} tokens${reason === 'length' ? ', cut at the limit' : ''}.`;
  } catch (error) {
    if (signal.aborted) return `${model}: stopped.`;
    place.textContent = error.message;
    return `${model} did not answer.`;
  } finally {
    copy.disabled = place.textContent === '';
  }
}

function requestFor(model) {
  const seed = element('seed').value;
  return {
    model,
    messages: [{ role: 'user', content: element('instruction').value }],
    input: element('input').value,
    temperature: Number(element('temperature').value),
    top_p: Number(element('topP').value),
    max_completion_tokens: Number(element('maxTokens').value),
    ...(seed === '' ? {} : { seed: Number(seed) }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** The JSON objects of a server-sent event stream. */
async function* eventsOf(response) {
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

function say(text) {
  element('status').textContent = text;
}
