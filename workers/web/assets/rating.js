// @ts-nocheck It runs in a browser, and the project is checked against Node's types.
import { get, post, untilAnswered } from './rating-requests.js';
import { openOutbox, startSender } from './rating-votes.js';

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
  const state = await patiently(() => get(base));
  // What is still in the outbox was voted here, and is newer than what the service knows.
  for (const { item, revision, choice } of outbox.all()) stand(state, item, revision, choice);
  const items = keptItems(base, state.items);
  const context = { base, mode, state, items, outbox, shownAt: 0, current: -1 };
  context.sender = startSender(base, outbox, {
    say,
    stands: ({ item, revision, choice }) => stand(state, item, revision, choice),
    refused: () => reload(context),
  });
  listen(context);
  await show(context);
}

/** A second click of a double click, or a key that is held, is no vote on the item that has just come up. */
const PAUSE_MS = 300;
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
  if (revision < (state.revisions[item] ?? 0)) return;
  state.revisions[item] = revision;
  state.choices[item] = choice;
}

/** Takes what the service has for what stands: another tab voted, or the comparison was closed. */
async function reload(context) {
  Object.assign(context.state, await patiently(() => get(context.base)));
  await show(context);
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
  const item = await patiently(() => items.get(next));
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
      await patiently(() => post(`${base}/finish`, {}));
      state.finished = true;
    } catch (error) {
      // Another tab took a vote back, or the comparison was closed.
      await reload(context);
      say(error.message);
    }
  }
  context.finishing = false;
  element('finish').disabled = false;
  await show(context);
}

async function showDone({ base }) {
  for (const id of ['item', 'end']) element(id).hidden = true;
  element('done').hidden = false;
  const { summary, votes, agreement, raters, done } = await patiently(() => get(`${base}/tally`));
  element('tally').textContent = summary;
  const kappa =
    typeof agreement?.kappa === 'number' ? ` Agreement beyond chance: ${agreement.kappa.toFixed(2)}.` : '';
  element('standing').textContent =
    `${votes} votes of ${raters} ${raters === 1 ? 'rater' : 'raters'}, of whom ${done} ${done === 1 ? 'is' : 'are'} done.${kappa}`;
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

function patiently(ask) {
  return untilAnswered(ask, say);
}

function say(text) {
  if (element('status').textContent !== text) element('status').textContent = text;
}

function element(id) {
  return document.getElementById(id);
}
