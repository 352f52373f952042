import { get, post, untilAnswered } from './rating-requests.js';
import { openOutbox, startSender } from './rating-votes.js';

/**
 * The pages of a comparison by people. A vote shows the next item at once and goes to an outbox in the
 * browser's storage, from where it is sent until the service has answered for it; a vote that arrives twice
 * counts once. Texts are set as text, never as markup.
 *
 * @import { Choice } from '../../../workflows/contracts/rate.ts'
 * @import { ShownItem, ShownSeat, ShownTally } from '../page-answers.ts'
 * @import { Outbox, Sender } from './rating-votes.js'
 */

/**
 * @typedef {object} Page
 * @property {string} base the address of what the page asks for
 * @property {ShownSeat} state
 * @property {ReturnType<typeof keptItems>} items
 * @property {Outbox} outbox
 * @property {Sender} sender
 * @property {object | undefined} shown the latest showing of an item: an older one sets nothing
 * @property {number} current the item that a vote is for; -1 where none is taken
 * @property {boolean} finishing
 */

const join = document.getElementById('join');
const rating = document.getElementById('rating');
if (join) startPage(join);
if (rating) void ratingPage(rating);

/** @param {HTMLElement} form */
function startPage(form) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      /** @type {{ path: string }} */
      const { path } = await post(`/api/rate/${form.dataset.rating}/join`, {});
      location.assign(path);
    } catch (error) {
      say(messageOf(error));
    }
  });
}

/** @param {HTMLElement} rating */
async function ratingPage({ dataset: { base = '' } }) {
  const outbox = openOutbox(base);
  /** @type {ShownSeat} */
  const state = await patiently(() => get(base));
  // What is still in the outbox was voted here, and is newer than what the service knows.
  for (const { item, revision, choice } of outbox.all()) stand(state, item, revision, choice);
  const items = keptItems(base);
  const sender = startSender(base, outbox, {
    say,
    stands: ({ item, revision, choice }) => stand(state, item, revision, choice),
    refused: () => reload(context),
  });
  /** @type {Page} */
  const context = { base, state, items, outbox, sender, shown: undefined, current: -1, finishing: false };
  listen(context);
  await show(context);
}

/** A second click of a double click, or a key that is held, is no vote on the item that has just come up. */
const PAUSE_MS = 300;
/** @type {Record<ShownSeat['mode'], Record<string, Choice>>} */
const KEYS = {
  pairwise: { 1: 'first', 2: 'second', 0: 'tie', t: 'tie', s: 'skip' },
  abcd: { a: 'A', b: 'B', c: 'C', d: 'D', s: 'skip' },
};

/** @param {Page} context */
function listen(context) {
  for (const button of document.querySelectorAll('button')) {
    const choice = KEYS[context.state.mode][button.dataset.key ?? ''];
    button.addEventListener('click', (event) => event.detail < 2 && choose(context, choice));
  }
  for (const id of ['undo', 'undo-end'])
    part(id).addEventListener('click', (event) => event.detail < 2 && undo(context));
  part('finish').addEventListener('click', () => finish(context));
  document.addEventListener('keydown', (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === 'u') undo(context);
    else if (key === 'enter' && event.target === document.body && !part('end').hidden) void finish(context);
    else choose(context, KEYS[context.state.mode][key]);
  });
}

/**
 * @param {Page} context
 * @param {Choice | undefined} choice
 */
function choose(context, choice) {
  const { current, state, outbox, sender } = context;
  if (choice === undefined || current < 0) return;
  vote(state, outbox, current, choice);
  sender.wake();
  void show(context);
}

/** @param {Page} context */
function undo(context) {
  const { state, outbox, sender } = context;
  if (state.finished || context.finishing) return;
  const last = state.choices.findLastIndex((choice) => choice !== 'open');
  if (last < 0) return;
  vote(state, outbox, last, 'open');
  sender.wake();
  void show(context);
}

/**
 * @param {ShownSeat} state
 * @param {Outbox} outbox
 * @param {number} item
 * @param {Choice} choice
 */
function vote(state, outbox, item, choice) {
  const revision = (state.revisions[item] ?? 0) + 1;
  stand(state, item, revision, choice);
  outbox.put({ item, revision, choice });
}

/**
 * @param {ShownSeat} state
 * @param {number} item
 * @param {number} revision
 * @param {Choice} choice
 */
function stand(state, item, revision, choice) {
  if (revision < (state.revisions[item] ?? 0)) return;
  state.revisions[item] = revision;
  state.choices[item] = choice;
}

/**
 * Takes what the service has for what stands: another tab voted, or the comparison was closed.
 * @param {Page} context
 */
async function reload(context) {
  Object.assign(context.state, await patiently(() => get(context.base)));
  await show(context);
}

/**
 * Shows the first item without a vote; the end page where there is none.
 * @param {Page} context
 */
async function show(context) {
  const { state, items } = context;
  const next = state.choices.indexOf('open');
  const rated = state.choices.filter((choice) => choice !== 'open').length;
  context.current = -1;
  context.shown = undefined;
  part('item').ariaBusy = 'true';
  const progress = element('progress', HTMLProgressElement);
  progress.max = Math.max(1, state.items);
  progress.value = rated;
  part('count').textContent = `${rated} of ${state.items}`;
  for (const id of ['undo', 'undo-end']) element(id, HTMLButtonElement).disabled = rated === 0;
  if (state.finished) return showDone(context);
  part('item').hidden = next < 0;
  part('end').hidden = next >= 0;
  if (next < 0) return undefined;
  const item = await patiently(() => items.get(next));
  if (state.choices.indexOf('open') !== next) return undefined;
  part('instruction').textContent = item.instruction;
  part('input').textContent = item.input;
  part('input-part').hidden = item.input === '';
  for (const [index, box] of document.querySelectorAll('.answer').entries())
    box.textContent = item.answers[index] ?? '';
  window.scrollTo(0, 0);
  if (next + 1 < state.items) items.get(next + 1).catch(() => {});
  const shown = {};
  context.shown = shown;
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  if (context.shown !== shown) return undefined;
  context.current = next;
  part('item').ariaBusy = 'false';
  return undefined;
}

/** @param {Page} context */
async function finish(context) {
  const { base, state, sender } = context;
  const button = element('finish', HTMLButtonElement);
  if (context.finishing || state.choices.includes('open')) return;
  context.finishing = true;
  button.disabled = true;
  await sender.empty();
  // A vote may have stood in another tab: then there is more to do here.
  if (!state.choices.includes('open')) {
    try {
      await patiently(() => post(`${base}/finish`, {}));
      state.finished = true;
    } catch (error) {
      // Another tab took a vote back, or the comparison was closed.
      await reload(context);
      say(messageOf(error));
    }
  }
  context.finishing = false;
  button.disabled = false;
  await show(context);
}

/** @param {Page} context */
async function showDone({ base }) {
  for (const id of ['item', 'end']) part(id).hidden = true;
  part('done').hidden = false;
  /** @type {ShownTally} */
  const { summary, votes, agreement, raters, done } = await patiently(() => get(`${base}/tally`));
  part('tally').textContent = summary;
  const kappa =
    typeof agreement?.kappa === 'number' ? ` Agreement beyond chance: ${agreement.kappa.toFixed(2)}.` : '';
  part('standing').textContent =
    `${votes} votes of ${raters} ${raters === 1 ? 'rater' : 'raters'}, of whom ${done} ${done === 1 ? 'is' : 'are'} done.${kappa}`;
}

/**
 * Items by place, each asked for once.
 * @param {string} base
 */
function keptItems(base) {
  /** @type {Map<number, Promise<ShownItem>>} */
  const asked = new Map();
  return {
    /** @param {number} item */
    get(item) {
      const known = asked.get(item);
      if (known) return known;
      /** @type {Promise<ShownItem>} */
      const answer = get(`${base}/items/${item}`);
      answer.catch(() => asked.delete(item));
      asked.set(item, answer);
      return answer;
    },
  };
}

/**
 * @template Answer
 * @param {() => Promise<Answer>} ask
 */
function patiently(ask) {
  return untilAnswered(ask, say);
}

/** @param {string} text */
function say(text) {
  if (part('status').textContent !== text) part('status').textContent = text;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} id */
function part(id) {
  return element(id, HTMLElement);
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
