import { growingWaits, post, RequestFailed } from './rating-requests.js';

/**
 * Votes on their way from the page to the service.
 *
 * @import { Vote, VoteAnswer } from '../../../workflows/contracts/rate.ts'
 * @typedef {ReturnType<typeof openOutbox>} Outbox
 * @typedef {ReturnType<typeof startSender>} Sender
 */

const MOST_AT_ONCE = 32;

/**
 * Votes that the service has not answered for: of each item the newest, which makes those before it void.
 * They outlive the tab, and the browser.
 * @param {string} base
 */
export function openOutbox(base) {
  const prefix = `alpaca-rating ${base} `;
  /** @type {Map<number, Vote>} */
  const votes = new Map();
  // Where the browser gives no storage, votes are kept for as long as the page is open.
  const stored = storage();
  for (const [name, text] of Object.entries(stored ?? {})) {
    if (!name.startsWith(prefix)) continue;
    /** @type {Vote} */
    const vote = JSON.parse(text);
    votes.set(vote.item, vote);
  }
  return {
    all: () => [...votes.values()],
    /** @param {Vote} vote */
    put(vote) {
      votes.set(vote.item, vote);
      stored?.setItem(prefix + vote.item, JSON.stringify(vote));
    },
    /** @param {readonly Vote[]} sent */
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
 * @param {string} base
 * @param {Outbox} outbox
 * @param {{ say(text: string): void, stands(vote: Vote): void, refused(): Promise<void> }} told
 */
export function startSender(base, outbox, { say, stands, refused }) {
  let wake = () => {};
  /** @type {(() => void)[]} */
  const waiting = [];
  void sendForEver();
  return {
    wake: () => wake(),
    /** resolves once nothing is left to send */
    empty() {
      /** @type {Promise<void>} */
      const emptied = new Promise((resolve) => {
        waiting.push(resolve);
      });
      wake();
      return emptied;
    },
  };

  async function sendForEver() {
    for (;;) {
      while (outbox.all().length > 0) await send(outbox.all().slice(0, MOST_AT_ONCE));
      for (const resolve of waiting.splice(0)) resolve();
      /** @type {Promise<void>} */
      const woken = new Promise((resolve) => {
        wake = resolve;
      });
      await woken;
    }
  }

  /** @param {Vote[]} votes */
  async function send(votes) {
    const waits = growingWaits();
    for (let failed = false; ; failed = true) {
      try {
        /** @type {VoteAnswer} */
        const { standing } = await post(`${base}/votes`, { votes });
        outbox.drop(votes);
        standing.forEach(stands);
        if (failed) say('');
        return;
      } catch (error) {
        if (error instanceof RequestFailed && error.status === 400) {
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
