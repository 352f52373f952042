// @ts-nocheck It runs in a browser, and the project is checked against Node's types.
import { growingWaits, post } from './rating-requests.js';

/** Votes on their way from the page to the service. */

const MOST_AT_ONCE = 32;

/**
 * Votes that the service has not answered for: of each item the newest, which makes those before it void.
 * They outlive the tab, and the browser.
 */
export function openOutbox(base) {
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

/**
 * Sends what is in the outbox, one request at a time, until it is empty; then waits to be woken. `stands`
 * hears what stands after each vote that was sent, `refused` that some were not taken.
 */
export function startSender(base, outbox, { say, stands, refused }) {
  let wake = () => {};
  const waiting = [];
  void sendForEver();
  return {
    wake: () => wake(),
    /** resolves once nothing is left to send */
    empty: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wake();
      }),
  };

  async function sendForEver() {
    for (;;) {
      while (outbox.all().length > 0) await send(outbox.all().slice(0, MOST_AT_ONCE));
      for (const resolve of waiting.splice(0)) resolve();
      await new Promise((resolve) => {
        wake = resolve;
      });
    }
  }

  async function send(votes) {
    const waits = growingWaits();
    for (let failed = false; ; failed = true) {
      try {
        const { standing } = await post(`${base}/votes`, { votes });
        outbox.drop(votes);
        standing.forEach(stands);
        if (failed) say('');
        return;
      } catch (error) {
        if (error.status === 400) {
          outbox.drop(votes);
          await refused();
          say(error.message);
          return;
        }
        const left = outbox.all().length;
        say(`${left} ${left === 1 ? 'vote is' : 'votes are'} kept here and not sent yet; trying again.`);
        await waits.next();
      }
    }
  }
}
