/** An answer as it comes: a stream of OpenAI's chunks, shown as text, with what it took. */

/**
 * Shows the answer as it comes; gives in words how it ended.
 * @param {Response} response
 * @param {{ shown: HTMLElement, note: HTMLElement }} places
 */
export async function shownAnswer(response, { shown, note }) {
  const clock = new Stopwatch();
  let tokens = 0;
  let reason = 'stop';
  let dropped = 0;
  for await (const event of eventsOf(response)) {
    if ('error' in event) throw new Error(event.error.message);
    tokens = event.usage?.completion_tokens ?? tokens;
    dropped = event.dropped_messages ?? dropped;
    const [choice] = event.choices;
    const text = choice?.delta?.content ?? '';
    if (text !== '') {
      clock.tick();
      note.textContent = '';
      append(shown, text);
    }
    reason = choice?.finish_reason ?? reason;
  }
  const parts = [tokens === 1 ? '1 token' : `${tokens} tokens`, ...clock.rateOf(tokens)];
  if (reason === 'length') parts.push('cut at the limit');
  if (dropped > 0) parts.push(`not shown the ${dropped} earliest messages`);
  return parts.join(', ');
}

/** The time from an answer's first words to its last: of what came before them, loading and waiting have a part. */
class Stopwatch {
  /** @type {number | null} */
  #first = null;
  #last = 0;

  tick() {
    this.#last = performance.now();
    this.#first ??= this.#last;
  }

  /** @param {number} tokens */
  rateOf(tokens) {
    const seconds = (this.#last - (this.#first ?? this.#last)) / 1000;
    return tokens > 1 && seconds > 0 ? [`${((tokens - 1) / seconds).toFixed(1)} a second`] : [];
  }
}

/**
 * Adds to what is shown, and keeps the end in view for who has not scrolled away from it.
 * @param {HTMLElement} shown
 * @param {string} text
 */
function append(shown, text) {
  const { scrollHeight } = document.documentElement;
  const atEnd = scrollHeight - window.scrollY - window.innerHeight < 80;
  shown.append(text);
  if (atEnd) window.scrollTo(0, document.documentElement.scrollHeight);
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
