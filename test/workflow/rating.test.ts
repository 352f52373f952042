import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { createRatingActivities } from '../../activities/rate/activities.ts';
import { temporalRatings } from '../../workers/web/rating/ratings.ts';
import { type RateResult, type RatingView, rateResult, type Vote } from '../../workflows/contracts/rate.ts';
import { disposedAfter } from '../disposed-after.ts';
import { hasBegun } from '../replay/begun.ts';
import { temporaryStore } from '../unit/activities/generate/generation-fixture.ts';
import { eventually, type Harness } from './harness.ts';
import { sharedHarness } from './shared-harness.ts';

const vote = (item: number, revision: number, choice: Vote['choice']): Vote => ({ item, revision, choice });

describe('a comparison by people', () => {
  let harness: Harness;
  let client: Client;
  before(async () => {
    harness = await sharedHarness();
    ({ client } = harness.environment);
  });

  const opened = (handle: WorkflowHandle) =>
    eventually(
      () => handle.query<RatingView>('rating'),
      ({ state }) => state === 'open',
    );
  async function resetToFirstTask({ workflowId }: WorkflowHandle): Promise<void> {
    const { namespace } = client.options;
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    const first = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
    await client.workflowService.resetWorkflowExecution({
      ...{ namespace, workflowExecution: { workflowId }, reason: 'a test', requestId: randomUUID() },
      workflowTaskFinishEventId: Number(first?.eventId) as never,
    });
  }

  const raterOf = (handle: WorkflowHandle, { seats }: RatingView, number: number) =>
    client.workflow.getHandle(`${handle.workflowId}/${seats[number]?.key}`);

  it('of nothing named compares the shipped answers with themselves, and counts what raters hand in', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const { store } = temporary;
    await harness.withWorker(createRatingActivities({ store }), async (start) => {
      const handle = await start('rate', { raters: 2, itemsPerRater: 3 });
      const view = await opened(handle);
      assert.deepEqual(view.plan, { seed: 42, items: 64, raters: 2, itemsPerRater: 3, votesPerItem: null });
      for (const number of [0, 1]) {
        const rater = raterOf(handle, view, number);
        await rater.executeUpdate('vote', { args: [[vote(0, 1, 'first'), vote(1, 1, 'tie')]] });
        await assert.rejects(rater.executeUpdate('finish'), ({ cause }: Error) =>
          /1 of 3 are not rated yet/.test(String(cause)),
        );
        await rater.executeUpdate('vote', { args: [[vote(2, 1, 'skip')]] });
        await rater.executeUpdate('finish');
      }
      const result: RateResult = rateResult.parse(await handle.result());
      assert.deepEqual([result.items, result.votes, result.skips], [64, 4, 2]);
      assert.deepEqual(result.raters, { wanted: 2, finished: 2 });
      const annotations = JSON.parse(
        await readFile(await createLocalStore({ root: store.root }).open(result.annotations), 'utf8'),
      );
      assert.equal(annotations.length, 4);
      assert.equal(annotations[0].output_1, annotations[0].output_2);
    });
  });

  it('keeps ballots over runs, and takes no vote twice', async () => {
    await harness.withWorker({}, async (start) => {
      const rater = await start('rater', { assigned: 5, updatesPerRun: 2 });
      for (const item of [0, 1, 2, 3, 4]) {
        const votes = [vote(item, 1, 'second')];
        const first = await rater.executeUpdate('vote', { args: [votes], updateId: `item ${item}` });
        assert.deepEqual(
          await rater.executeUpdate('vote', { args: [votes], updateId: `item ${item}` }),
          first,
        );
        assert.deepEqual(await rater.executeUpdate('vote', { args: [votes] }), first);
      }
      await rater.executeUpdate('vote', { args: [[vote(4, 2, 'open')]] });
      await rater.executeUpdate('vote', { args: [[vote(4, 3, 'tie')]] });
      await rater.executeUpdate('finish');
      assert.deepEqual(await rater.result(), { letters: '2222=', finished: true });
      const runs: string[] = [];
      const query = `WorkflowId = "${rater.workflowId}"`;
      await eventually(
        async () => {
          runs.length = 0;
          for await (const { runId } of client.workflow.list({ query })) runs.push(runId);
          return runs;
        },
        ({ length }) => length > 2,
      );
    });
  });

  it('refuses malformed votes and leaves no trace of them', async () => {
    await harness.withWorker({}, async (start) => {
      const rater = await start('rater', { assigned: 2 });
      // What comes before waits until the input is read, and is refused after.
      await eventually(() => rater.fetchHistory(), hasBegun);
      for (const [votes, reason] of [
        [[], /votes/],
        [[vote(2, 1, 'tie')], /there is no item 2/],
        [[vote(0, 1, 'A')], /A is no choice here/],
        ['<script>', /votes/],
      ] as const)
        await assert.rejects(rater.executeUpdate('vote', { args: [votes] }), ({ cause }: Error) => {
          assert.match(String(cause), reason);
          return true;
        });
      const { events } = await rater.fetchHistory();
      assert.ok(events?.every((event) => !event.workflowExecutionUpdateAcceptedEventAttributes));
      await rater.terminate();
    });
  });

  it('gives each name a seat, the same one again, and none where all are taken', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rate', { raters: 2 });
      const join = (name: string) =>
        handle.executeUpdate<{ key: string }, [{ name: string }]>('join', { args: [{ name }] });
      const view = await opened(handle);
      const { key } = await join('Ada');
      assert.deepEqual(await join(' Ada '), { key });
      await raterOf(handle, view, 1).executeUpdate('vote', { args: [[vote(0, 1, 'tie')]] });
      await eventually(
        () => handle.query<RatingView>('rating'),
        ({ seats }) => seats[1]?.state === 'rating',
      );
      // The second seat's link was handed out and used.
      await assert.rejects(join('Bo'), ({ cause }: Error) => /all 2 seats are taken/.test(String(cause)));
      await assert.rejects(join(' '), ({ cause }: Error) => /a name has 1 to 80/.test(String(cause)));
      await handle.executeUpdate('close');
      const { summary, raters } = (await handle.result()) as RateResult;
      assert.equal(summary, '... =..');
      assert.deepEqual(raters, { wanted: 2, finished: 0 });
    });
  });

  it('counts at the deadline what there is', async () => {
    await harness.withWorker({}, async (start) => {
      const deadline = new Date(Date.now() + 3000).toISOString();
      const handle = await start('rate', { deadline });
      const view = await opened(handle);
      await raterOf(handle, view, 0).executeUpdate('vote', { args: [[vote(1, 1, 'second')]] });
      assert.equal(((await handle.result()) as RateResult).summary, '.2.');
    });
  });

  it('counts the last report of a rater whose workflow was ended from outside', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rate', {});
      const view = await opened(handle);
      const rater = raterOf(handle, view, 0);
      await rater.executeUpdate('vote', { args: [[vote(0, 1, 'first')]] });
      await eventually(
        () => handle.query<RatingView>('rating'),
        ({ seats }) => seats[0]?.letters === '1..',
      );
      await rater.terminate('by hand');
      assert.equal(((await handle.result()) as RateResult).summary, '1..');
    });
  });

  it('that is reset to before it was opened keeps its links, its seats and all votes', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rate', { raters: 3 });
      const view = await opened(handle);
      const join = () =>
        handle.executeUpdate<{ key: string }, [{ name: string }]>('join', { args: [{ name: 'Ada' }] });
      const ada = await join();
      const [first, second] = [0, 1].map((number) => raterOf(handle, view, number));
      assert.ok(first && second);
      await first.executeUpdate('vote', { args: [[0, 1, 2].map((item) => vote(item, 1, 'first'))] });
      await first.executeUpdate('finish');
      await second.executeUpdate('vote', { args: [[vote(0, 1, 'second')]] });
      const told = ({ seats }: RatingView) =>
        assert.deepEqual(
          seats.map(({ name, letters, state }) => [name, letters, state]),
          [
            ['Ada', '111', 'finished'],
            [null, '2..', 'rating'],
            [null, '', 'waiting'],
          ],
        );
      const isTold = (seats: RatingView['seats']) =>
        seats[0]?.state === 'finished' && seats[1]?.state === 'rating';
      const seen = () =>
        eventually(
          () => handle.query<RatingView>('rating'),
          ({ seats }) => isTold(seats),
        );
      told(await seen());

      await resetToFirstTask(handle);
      const again = await seen();
      told(again);
      assert.deepEqual(
        again.seats.map(({ key }) => key),
        view.seats.map(({ key }) => key),
      );
      assert.deepEqual(await join(), ada);
      await second.executeUpdate('vote', { args: [[vote(1, 1, 'tie')]] });
      await handle.executeUpdate('close');
      const { summary, raters } = (await handle.result()) as RateResult;
      assert.deepEqual([summary, raters], ['111 2=. ...', { wanted: 3, finished: 1 }]);

      // Once it has ended, too: what was handed in counts.
      await resetToFirstTask(handle);
      assert.equal(
        ((await client.workflow.getHandle(handle.workflowId).result()) as RateResult).summary,
        summary,
      );
    });
  });

  it('that is reset and cancelled ends the raters of before too', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rate', {});
      const rater = raterOf(handle, await opened(handle), 0);
      await resetToFirstTask(handle);
      await opened(handle);
      await handle.cancel();
      await assert.rejects(handle.result(), { name: 'WorkflowFailedError' });
      await eventually(
        () => rater.describe(),
        ({ status }) => status.name === 'CANCELLED',
      );
    });
  });

  it('ends Cancelled, raters included', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rate', {});
      const view = await opened(handle);
      await handle.cancel();
      await assert.rejects(handle.result(), { name: 'WorkflowFailedError' });
      assert.equal((await handle.describe()).status.name, 'CANCELLED');
      assert.equal((await raterOf(handle, view, 0).describe()).status.name, 'CANCELLED');
    });
  });

  it('fails at once where it cannot be: one set of answers for a pairwise comparison', async () => {
    await harness.withWorker({}, async (start) => {
      const handle = await start('rate', { b: null });
      await assert.rejects(handle.result(), ({ cause }: Error) =>
        /b is null: a pairwise comparison needs two sets of answers/.test(String(cause)),
      );
    });
  });

  describe('as the web service asks it', () => {
    it('answers again for votes of a ballot that was handed in, and refuses late ones', async (test) => {
      const { store } = disposedAfter(test, await temporaryStore());
      await harness.withWorker({}, async (start) => {
        const ratings = temporalRatings(client, store);
        const handle = await start('rate', { raters: 2 });
        const view = await opened(handle);
        const [seat] = view.seats;
        assert.ok(seat);
        const votes = [vote(0, 1, 'first'), vote(1, 1, 'first'), vote(2, 1, 'tie')];
        const answer = await ratings.vote(handle.workflowId, seat.key, votes);
        await ratings.finish(handle.workflowId, seat.key);
        await ratings.finish(handle.workflowId, seat.key);
        assert.deepEqual(await ratings.vote(handle.workflowId, seat.key, votes), answer);
        await assert.rejects(ratings.vote(handle.workflowId, seat.key, [vote(0, 2, 'open')]), {
          code: 'InvalidInput',
          message: 'Refused: this ballot is closed, and the vote came too late.',
        });
        await assert.rejects(ratings.vote(handle.workflowId, '0'.repeat(16), votes), { code: 'NotFound' });
        await assert.rejects(ratings.view('nothing'), { code: 'NotFound' });
        await assert.rejects(ratings.vote(handle.workflowId, view.seats[1]?.key ?? '', [vote(9, 1, 'tie')]), {
          code: 'InvalidInput',
        });
        await handle.executeUpdate('close');
        await handle.result();
        assert.equal((await ratings.view(handle.workflowId)).seats[0]?.letters, '11=');
      });
    });
  });
});
