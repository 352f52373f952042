// @ts-nocheck It runs in a browser, and the project is checked against Node's types.

/**
 * The pages of a comparison by people. A vote shows the next item at once and goes to an outbox in the
 * browser's storage, from where it is sent until the service has answered for it; a vote that arrives twice
 * counts once. Texts are set as text, never as markup.
 */
const join = document.getElementById('join');
const rating = document.getElementById('rating');
if (join) startPage(join);
if (rating) void ratingPage(rating);

function startPage(form) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const name = document.getElementById('name').value;
    try {
      const { path } = await post(`/api/rate/${form.dataset.rating}/join`, { name });
      location.assign(path);
    } catch (error) {
      say(error.message);
    }
  });
}

async function ratingPage({ dataset: { base, mode } }) {
  const outbox = openOutbox(base);
  const state = await untilAnswered(() => get(base));
  // What is still in the outbox was voted here, and is newer than what the service knows.
  for (const { item, revision, choice } of outbox.all()) stand(state, item, revision, choice);
  const items = keptItems(base, state.items);
  const sender = startSender(base, outbox, state);
  const context = { base, mode, state, items, outbox, sender, shownAt: 0, current: -1 };
  listen(context);
  await show(context);
}

/** A second click of a double click, or a key that is held, is no vote on the item that has just come up. */
const PAUSE_MS = 300;
const MOST_AT_ONCE = 32;
const LONGEST_WAIT_MS = 15_000;
const KEYS = {
  pairwise: { 1: 'first', 2: 'second', 0: 'tie', t: 'tie', s: 'skip' },
  abcd: { a: 'A', b: 'B', c: 'C', d: 'D', s: 'skip' },
};

function listen(context) {
  for (const button of document.querySelectorAll('[data-choice]'))
    button.addEventListener('click', (event) => event.detail < 2 && choose(context, button.dataset.choice));
  for (const id of ['undo', 'undo-end'])
    element(id).addEventListener('click', (event) => event.detail < 2 && undo(context));
  element('finish').addEventListener('click', () => finish(context));
  document.addEventListener('keydown', (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === 'u') undo(context);
    else if (key === 'enter' && event.target === document.body && !element('end').hidden)
      void finish(context);
    else if (KEYS[context.mode][key]) choose(context, KEYS[context.mode][key]);
  });
}

function choose(context, choice) {
  const { current, state, outbox, sender } = context;
  if (current < 0 || performance.now() - context.shownAt < PAUSE_MS) return;
  vote(state, outbox, current, choice);
  sender.wake();
  void show(context);
}

function undo(context) {
  const { state, outbox, sender } = context;
  if (state.finished || context.finishing) return;
  const last = state.choices.findLastIndex((choice) => choice !== 'open');
  if (last < 0) return;
  vote(state, outbox, last, 'open');
  sender.wake();
  void show(context);
}

function vote(state, outbox, item, choice) {
  const revision = (state.revisions[item] ?? 0) + 1;
  stand(state, item, revision, choice);
  outbox.put({ item, revision, choice });
}

function stand(state, item, revision, choice) {
  if (revision <= (state.revisions[item] ?? 0)) return;
  state.revisions[item] = revision;
  state.choices[item] = choice;
}

/** Shows the first item without a vote; the end page where there is none. */
async function show(context) {
  const { state, items } = context;
  const next = state.choices.indexOf('open');
  const rated = state.choices.filter((choice) => choice !== 'open').length;
  context.current = -1;
  element('progress').max = Math.max(1, state.items);
  element('progress').value = rated;
  element('count').textContent = `${rated} of ${state.items}`;
  element('undo').disabled = rated === 0;
  element('undo-end').disabled = rated === 0;
  if (state.finished) return showDone(context);
  element('item').hidden = next < 0;
  element('end').hidden = next >= 0;
  if (next < 0) return undefined;
  const item = await untilAnswered(() => items.get(next));
  if (state.choices.indexOf('open') !== next) return undefined;
  element('instruction').textContent = item.instruction;
  element('input').textContent = item.input;
  element('input-part').hidden = item.input === '';
  for (const [index, box] of document.querySelectorAll('.answer').entries())
    box.textContent = item.answers[index];
  window.scrollTo(0, 0);
  context.current = next;
  context.shownAt = performance.now();
  items.get(next + 1)?.catch(() => {});
  return undefined;
}

async function finish(context) {
  const { base, state, sender } = context;
  if (context.finishing || state.choices.includes('open')) return;
  context.finishing = true;
  element('finish').disabled = true;
  await sender.empty();
  // A vote may have stood in another tab: then there is more to do here.
  if (!state.choices.includes('open')) {
    try {
      await untilAnswered(() => post(`${base}/finish`, {}));
      state.finished = true;
    } catch (error) {
      // Another tab took a vote back, or the comparison was closed.
      say(error.message);
      Object.assign(state, await untilAnswered(() => get(base)));
    }
  }
  context.finishing = false;
  element('finish').disabled = false;
  await show(context);
}

async function showDone({ base }) {
  for (const id of ['item', 'end']) element(id).hidden = true;
  element('done').hidden = false;
  const { summary, votes, agreement, raters, done } = await untilAnswered(() => get(`${base}/tally`));
  element('tally').textContent = summary;
  const kappa =
    typeof agreement?.kappa === 'number' ? ` Agreement beyond chance: ${agreement.kappa.toFixed(2)}.` : '';
  element('standing').textContent =
    `${votes} votes of ${raters} ${raters === 1 ? 'rater' : 'raters'}, of whom ${done} ${done === 1 ? 'is' : 'are'} done.${kappa}`;
}

/** Sends what is in the outbox, in order and one request at a time, until it is empty; then waits. */
function startSender(base, outbox, state) {
  let wake = () => {};
  let idle = [];
  void (async () => {
    for (let waitMs = 500; ; ) {
      const votes = outbox.all().slice(0, MOST_AT_ONCE);
      if (votes.length === 0) {
        for (const resolve of idle.splice(0)) resolve();
        await new Promise((resolve) => {
          wake = resolve;
        });
        continue;
      }
      try {
        const { standing } = await post(`${base}/votes`, { votes });
        outbox.drop(votes);
        for (const { item, revision, choice } of standing) stand(state, item, revision, choice);
        say('');
        waitMs = 500;
      } catch (error) {
        if (error.status === 400) {
          outbox.drop(votes);
          say(error.message);
          continue;
        }
        const left = outbox.all().length;
        say(`${left} ${left === 1 ? 'vote is' : 'votes are'} kept here and not sent yet; trying again.`);
        await pause(waitMs);
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  })();
  return {
    wake: () => wake(),
    empty: () =>
      new Promise((resolve) => {
        idle = [...idle, resolve];
        wake();
      }),
  };
}

/**
 * Votes that the service has not answered for: of each item the newest, which makes those before it void.
 * They outlive the tab, and the browser.
 */
function openOutbox(base) {
  const prefix = `alpaca-rating ${base} `;
  const votes = new Map();
  // Where the browser gives no storage, votes are kept for as long as the page is open.
  const stored = storage();
  for (const name of Object.keys(stored ?? {}).filter((key) => key.startsWith(prefix))) {
    const vote = JSON.parse(stored.getItem(name));
    votes.set(vote.item, vote);
  }
  return {
    all: () => [...votes.values()],
    put(vote) {
      votes.set(vote.item, vote);
      stored?.setItem(prefix + vote.item, JSON.stringify(vote));
    },
    drop(sent) {
      for (const vote of sent.filter((each) => votes.get(each.item) === each)) {
        votes.delete(vote.item);
        stored?.removeItem(prefix + vote.item);
      }
    },
  };
}

function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** Items by place, each asked for once. */
function keptItems(base, count) {
  const asked = new Map();
  return {
    get(item) {
      if (item >= count) return undefined;
      if (!asked.has(item)) {
        const answer = get(`${base}/items/${item}`);
        answer.catch(() => asked.delete(item));
        asked.set(item, answer);
      }
      return asked.get(item);
    },
  };
}

/** Asks again, at growing intervals, for as long as the service is not there. */
async function untilAnswered(ask) {
  for (let waitMs = 500; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await ask();
    } catch (error) {
      if (error.isFinal) {
        say(error.message);
        throw error;
      }
      say('The service does not answer; trying again.');
      await pause(waitMs);
      say('');
    }
  }
}

function get(url) {
  return ask(url, {});
}

function post(url, body) {
  const headers = { 'content-type': 'application/json', 'x-alpaca-rating': '1' };
  return ask(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function ask(url, init) {
  const response = await fetch(url, init);
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  // Asking again helps where there are too many requests, or where the service has a fault.
  const isFinal = response.status < 500 && response.status !== 429;
  throw Object.assign(new Error(body.error ?? `HTTP ${response.status}`), {
    isFinal,
    status: response.status,
  });
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function say(text) {
  if (element('status').textContent !== text) element('status').textContent = text;
}

function element(id) {
  return document.getElementById(id);
}
