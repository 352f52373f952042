import { setTimeout as sleep } from 'node:timers/promises';
import type { Choice, Vote } from '../../workflows/contracts/rate.ts';

/**
 * Raters as their pages behave: a vote goes to an outbox and is sent until it is answered for. Some votes
 * are sent twice at once, as by a double click, and some are taken back and given again.
 */
export interface Crowd {
  /** every rater has handed in */
  readonly done: Promise<void>;
  /** votes that the service has answered for */
  readonly kept: number;
  /** requests that failed and were sent again */
  readonly resent: number;
  /** milliseconds from a vote to its answer, sorted */
  latencies(): number[];
}

export interface CrowdOptions {
  /** the rater's pages under /api/rate/ */
  raters: readonly string[];
  itemsPerRater: number;
  /** of all raters together */
  votesPerSecond: number;
}

/** What the rater at a place of the list thinks of the item at a place of his own. */
export function choiceOf(rater: number, item: number): Choice {
  return (['first', 'second', 'tie', 'skip'] as const)[(rater * 7 + item * 3) % 4] ?? 'skip';
}

export function startCrowd({ raters, itemsPerRater, votesPerSecond }: CrowdOptions): Crowd {
  const counts = { kept: 0, resent: 0 };
  const latencies: number[] = [];

  const post = async (url: string, body: unknown): Promise<void> => {
    for (let wait = 50; ; wait = Math.min(1000, 2 * wait)) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-alpaca-rating': '1' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(15_000),
        });
        const text = await response.text();
        if (response.ok) return;
        if (response.status === 400 || response.status === 404) throw new Refused(`${url}: ${text}`);
      } catch (error) {
        if (error instanceof Refused) throw error;
      }
      counts.resent += 1;
      await sleep(wait);
    }
  };

  const rate = async (url: string, rater: number): Promise<void> => {
    const began = performance.now();
    const everyMs = (1000 * raters.length) / votesPerSecond;
    const outbox: { vote: Vote; at: number }[] = [];
    let voting = true;
    const send = async () => {
      while (voting || outbox.length > 0) {
        const batch = outbox.slice(0, 32);
        if (batch.length === 0) {
          await sleep(5);
          continue;
        }
        const votes = batch.map(({ vote }) => vote);
        const [{ vote: { item } = { item: 0 } } = {}] = batch;
        const doubled = item % 10 === 0;
        await Promise.all([
          post(`${url}/votes`, { votes }),
          doubled ? post(`${url}/votes`, { votes }) : null,
        ]);
        outbox.splice(0, batch.length);
        for (const { at } of batch) latencies.push(performance.now() - at);
        counts.kept += batch.length;
      }
    };
    const sent = send();
    for (let item = 0; item < itemsPerRater; item += 1) {
      // Raters begin one after another within an interval.
      const due = began + (item + rater / raters.length) * everyMs;
      await sleep(Math.max(0, due - performance.now()));
      const choice = choiceOf(rater, item);
      const votes: Vote[] =
        item % 8 === 0
          ? [
              { item, revision: 1, choice: 'tie' },
              { item, revision: 2, choice: 'open' },
              { item, revision: 3, choice },
            ]
          : [{ item, revision: 1, choice }];
      for (const vote of votes) outbox.push({ vote, at: performance.now() });
    }
    voting = false;
    await sent;
    await post(`${url}/finish`, {});
  };

  const done = Promise.all(raters.map((url, rater) => rate(url, rater))).then(() => {});
  return {
    done,
    get kept() {
      return counts.kept;
    },
    get resent() {
      return counts.resent;
    },
    latencies: () => latencies.toSorted((left, right) => left - right),
  };
}

class Refused extends Error {}
