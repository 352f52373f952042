import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { assignedTo } from '../../activities/rate/assignment.ts';
import { BALLOT_LETTERS, type RateResult, type RatingView } from '../../workflows/contracts/rate.ts';
import type { Processes, ProcessName } from '../processes.ts';
import { choiceOf, startCrowd } from './rating-crowd.ts';

export interface RatingUnderKills {
  raters: number;
  itemsPerRater: number;
  votesPerSecond: number;
  /** killed with SIGKILL and started again, evenly over the votes */
  victims: readonly ProcessName[];
}

/**
 * A comparison by a crowd whose web service (or another process) is killed while they vote. Asserts that
 * every ballot holds what its rater meant, no more and no less, and returns figures.
 */
export async function ratingUnderKills(
  processes: Processes,
  { raters, itemsPerRater, votesPerSecond, victims }: RatingUnderKills,
): Promise<Record<string, number>> {
  const workflowId = `crowd-${raters}`;
  const handle = await processes.client.workflow.start('rate', {
    taskQueue: 'alpaca',
    workflowId,
    args: [{ raters, itemsPerRater }],
  });
  const { seats, plan } = await untilOpen(() => handle.query<RatingView>('rating'));
  assert.ok(plan);

  const began = performance.now();
  const crowd = startCrowd({
    raters: seats.map(({ key }) => `${processes.webUrl}/api/rate/${workflowId}/${key}`),
    ...{ itemsPerRater, votesPerSecond },
  });
  let over = false;
  const done = crowd.done.finally(() => {
    over = true;
  });
  // Undone votes are votes too: an item in eight takes three.
  const votes = raters * (itemsPerRater + 2 * Math.ceil(itemsPerRater / 8));
  for (const [index, victim] of victims.entries()) {
    while (!over && crowd.kept < (votes * (index + 1)) / (victims.length + 1)) await sleep(10);
    assert.ok(!over && crowd.kept < votes, `${victim} was to be killed while votes are on their way`);
    await processes.kill(victim);
    await processes.start(victim);
  }
  await done;
  const seconds = (performance.now() - began) / 1000;

  const result = (await handle.result()) as RateResult;
  const after = await handle.query<RatingView>('rating');
  const meant = seats.map(({ rater }) =>
    Array.from({ length: itemsPerRater }, (_, item) => BALLOT_LETTERS[choiceOf(rater, item)]).join(''),
  );
  assert.deepEqual(
    after.seats.map(({ letters }) => letters),
    meant,
  );
  const all = meant.join('');
  const of = (letter: string) => all.split(letter).length - 1;
  assert.deepEqual(
    [result.votes, result.skips, result.pairwise?.ties],
    [all.length - of('-'), of('-'), of('=')],
  );
  // The count by name, from the order that each rater saw.
  const wins = meant
    .flatMap((letters, rater) =>
      assignedTo(plan, rater).map(({ swapped }, place) => letters[place] === (swapped ? '2' : '1')),
    )
    .filter(Boolean).length;
  assert.equal(result.pairwise?.wins, wins);
  assert.deepEqual(result.raters, { wanted: raters, finished: raters });

  const latencies = crowd.latencies();
  const quantile = (share: number) => Math.round(latencies[Math.floor(share * (latencies.length - 1))] ?? 0);
  return {
    ...{ raters, votes, offeredPerSecond: votesPerSecond, kills: victims.length },
    ...{ seconds: Math.round(10 * seconds) / 10, keptPerSecond: Math.round(votes / seconds) },
    ...{ resent: crowd.resent, medianMs: quantile(0.5), p99Ms: quantile(0.99), longestMs: quantile(1) },
  };
}

async function untilOpen(ask: () => Promise<RatingView>): Promise<RatingView> {
  for (let tries = 0; tries < 600; tries += 1) {
    const view = await ask();
    if (view.state === 'open') return view;
    await sleep(100);
  }
  throw new Error('the comparison did not open within a minute');
}
