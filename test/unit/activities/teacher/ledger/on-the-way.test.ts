import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import {
  answersOnTheWay,
  type Beats,
  createOnTheWay,
  onTheWayIn,
} from '../../../../../activities/teacher/ledger/on-the-way.ts';

const BEATS: Beats = { beatMs: 30, deadAfterMs: 600 };
const { signal } = new AbortController();

describe('what is on the way to a teacher', () => {
  let root: string;
  let store: ArtifactStore;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-on-the-way-'));
    store = createLocalStore({ root });
  });
  // What it says last is written behind the test's end.
  afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }));

  /** Whether a wait ends while nothing else happens. */
  async function endsWithin(milliseconds: number, wait: Promise<void>): Promise<boolean> {
    return Promise.race([wait.then(() => true), sleep(milliseconds, false)]);
  }

  it('is begun by nobody before the first of this process is written down', async () => {
    const written = Promise.withResolvers<void>();
    const slow: ArtifactStore = {
      ...store,
      writeEntry: async (...given) => {
        await written.promise;
        return store.writeEntry(...given);
      },
    };
    const here = createOnTheWay(slow, BEATS);
    const first = here.begin(['a']);
    const second = here.begin(['b']);
    assert.equal(
      await endsWithin(
        100,
        second.then(() => {}),
      ),
      false,
    );
    written.resolve();
    for (const begun of [await first, await second]) begun();
    await createOnTheWay(store, BEATS).untilEnded(here.sender, 'b', signal);
  });

  it('is waited for by another process until it has ended', async () => {
    const [here, there] = [createOnTheWay(store, BEATS), createOnTheWay(store, BEATS)];
    const ended = await here.begin(['a', 'b']);
    const wait = there.untilEnded(here.sender, 'a', signal);
    assert.equal(await endsWithin(200, wait), false);
    ended();
    await wait;
  });

  it('is not waited for where the sender sends something else', async () => {
    const [here, there] = [createOnTheWay(store, BEATS), createOnTheWay(store, BEATS)];
    const ended = await here.begin(['a']);
    await there.untilEnded(here.sender, 'b', signal);
    ended();
  });

  it('is waited for in its own process too, without a beat', async () => {
    const here = createOnTheWay(store, { beatMs: 60_000, deadAfterMs: 60_000 });
    const ended = await here.begin(['a']);
    const wait = here.untilEnded(here.sender, 'a', signal);
    assert.equal(await endsWithin(30, wait), false);
    ended();
    await wait;
    await here.untilEnded(here.sender, 'never begun', signal);
  });

  it('is waited for until the last of those has ended that sent it under one name', async () => {
    const here = createOnTheWay(store, BEATS);
    const ends = [await here.begin(['a']), await here.begin(['a'])];
    ends[1]?.();
    const wait = here.untilEnded(here.sender, 'a', signal);
    assert.equal(await endsWithin(30, wait), false);
    ends[0]?.();
    await wait;
  });

  it('is over where its sender never was, or does not beat any more', async () => {
    const there = createOnTheWay(store, BEATS);
    await there.untilEnded('nobody', 'a', signal);
    await store.writeEntry('on-the-way/killed.json', '{"beat":7,"askings":["a"]}');
    await there.untilEnded('killed', 'a', signal);
    assert.equal(await store.readEntry('on-the-way/killed.json'), null);
  });

  it('is waited for while the store takes nothing, in which no sender can beat', async () => {
    let isFull = false;
    const filling = {
      readEntry: (path: string) => store.readEntry(path),
      removeEntries: (path: string) => store.removeEntries(path),
      async writeEntry(...given: Parameters<ArtifactStore['writeEntry']>) {
        if (isFull) throw new Error('no space left on device');
        await store.writeEntry(...given);
      },
    };
    const [here, there] = [createOnTheWay(filling, BEATS), createOnTheWay(filling, BEATS)];
    const ended = await here.begin(['a']);
    isFull = true;
    const wait = there.untilEnded(here.sender, 'a', signal);
    assert.equal(await endsWithin(2 * BEATS.deadAfterMs, wait), false);
    isFull = false;
    assert.equal(await endsWithin(BEATS.deadAfterMs / 2, wait), false);
    ended();
    await wait;
    for (let tries = 0; tries < 100 && (await store.listEntries('on-the-way')).length > 0; tries += 1)
      await sleep(20);
    assert.deepEqual(await store.listEntries('on-the-way'), []);
  });

  it('leaves no record where nothing is sent', async () => {
    const here = createOnTheWay(store, BEATS);
    (await here.begin(['a']))();
    for (let tries = 0; tries < 100 && (await store.listEntries('on-the-way')).length > 0; tries += 1)
      await sleep(20);
    assert.deepEqual(await store.listEntries('on-the-way'), []);
  });

  it('is waited for no longer than the signal says', async () => {
    const [here, there] = [createOnTheWay(store, BEATS), createOnTheWay(store, BEATS)];
    const ended = await here.begin(['a']);
    const stop = new AbortController();
    const waits = [here, there].map((who) => who.untilEnded(here.sender, 'a', stop.signal));
    stop.abort(new Error('enough'));
    for (const wait of waits) await assert.rejects(wait, { message: 'enough' });
    ended();
  });

  it('is not begun where it cannot be said: another run would pay for it again', async () => {
    const readOnly = { ...store, writeEntry: () => Promise.reject(new Error('read-only')) };
    const here = createOnTheWay(readOnly, BEATS);
    await assert.rejects(here.begin(['a']), { message: 'read-only' });
    await here.untilEnded(here.sender, 'a', signal);
    assert.equal(answersOnTheWay(), 0);
  });

  it('is counted, so that whoever stops can say what is waited for', async () => {
    assert.equal(answersOnTheWay(), 0);
    const ended = await onTheWayIn(store).begin(['a', 'b']);
    assert.equal(answersOnTheWay(), 2);
    ended();
    assert.equal(answersOnTheWay(), 0);
    assert.equal(onTheWayIn(store), onTheWayIn(store));
  });
});
