import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createPool, type PoolOptions } from '../../../../../activities/dedupe/corpus/pool.ts';
import { createWarmPools, type WarmPools } from '../../../../../activities/generate/accept/accepted-pool.ts';
import { writeAccepted } from '../../../../../activities/generate/accept/accepted-state.ts';
import { nothingObserved } from '../../../../../activities/generate/accept/recorded-yield.ts';
import type { GenerationRun } from '../../../../../activities/generate/generation-run.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { startScriptedTeacher } from '../../teacher/scripted-teacher.ts';
import { openSmallRun, temporaryStore } from '../generation-fixture.ts';

const OPTIONS: PoolOptions = { threshold: 0.7, tokenization: 'rouge' };
const FIRST = ['Write a short poem about rain', 'Name a long river in Asia'];
const SECOND = ['Explain why bread rises'];

interface Setting extends AsyncDisposable {
  store: ArtifactStore;
  run: GenerationRun;
  pools: WarmPools;
  /** how many pools were made so far */
  made(): number;
  accepted(...segments: string[][]): Promise<ArtifactReference>;
}

async function setUp(): Promise<Setting> {
  const temporary = await temporaryStore();
  const { store } = temporary;
  const teacher = await startScriptedTeacher(() => 'cut');
  const run = await openSmallRun(store, teacher.profile());
  await teacher[Symbol.asyncDispose]();
  let made = 0;
  const pools = createWarmPools(store, (options) => {
    made += 1;
    return createPool(options);
  });
  return {
    store,
    pools,
    run,
    made: () => made,
    async accepted(...segments) {
      const references = await Promise.all(
        segments.map((instructions) =>
          store.putFile(
            'segment',
            'segment.jsonl',
            toJsonLines(instructions.map((instruction) => ({ instruction, input: '', output: 'x' }))),
            { madeBy: 'test', rows: instructions.length },
          ),
        ),
      );
      return writeAccepted(store, {
        ...{ segments: references, accepted: segments.flat().length },
        ...{ yields: [], observed: nothingObserved() },
      });
    },
    async [Symbol.asyncDispose]() {
      await pools.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

describe('warm similarity pools', () => {
  it('are made from the artifacts: seeds first, then every segment in order', async (test) => {
    const set = disposedAfter(test, await setUp());
    const state = await set.accepted(FIRST, SECOND);
    const pool = await set.pools.take(set.run, state, OPTIONS);
    assert.equal(pool.size, 6);
    const considered = await pool.consider(['Sort the given words!', 'Explain why the bread rises']);
    assert.deepEqual(
      considered.map(({ accepted, mostSimilar }) => [accepted, mostSimilar]),
      [
        [false, 'Sort the given words'],
        [false, 'Explain why bread rises'],
      ],
    );
    await pool.close();
  });

  it('are handed out again for the state that they hold, once', async (test) => {
    const set = disposedAfter(test, await setUp());
    const state = await set.accepted(FIRST);
    const pool = await set.pools.take(set.run, state, OPTIONS);
    await set.pools.keep(set.run, state, OPTIONS, pool);
    assert.equal(await set.pools.take(set.run, state, OPTIONS), pool);
    const another = await set.pools.take(set.run, state, OPTIONS);
    assert.notEqual(another, pool);
    assert.equal(set.made(), 2);
    await Promise.all([pool.close(), another.close()]);
  });

  it('are made anew for any other state, threshold or tokenization', async (test) => {
    const set = disposedAfter(test, await setUp());
    const state = await set.accepted(FIRST);
    await set.pools.keep(set.run, state, OPTIONS, await set.pools.take(set.run, state, OPTIONS));
    for (const [reference, options] of [
      [await set.accepted(SECOND), OPTIONS],
      [null, OPTIONS],
      [state, { ...OPTIONS, threshold: 0.6 }],
      [state, { ...OPTIONS, tokenization: 'unicode' }],
    ] as const) {
      const made = set.made();
      const pool = await set.pools.take(set.run, reference, options);
      assert.equal(set.made(), made + 1);
      await pool.close();
    }
  });

  it('are made anew where the one kept holds other rows than its state names', async (test) => {
    const set = disposedAfter(test, await setUp());
    const state = await set.accepted(FIRST);
    const stale = await set.pools.take(set.run, state, OPTIONS);
    await stale.consider(['An instruction that no artifact holds']);
    await set.pools.keep(set.run, state, OPTIONS, stale);
    const pool = await set.pools.take(set.run, state, OPTIONS);
    assert.notEqual(pool, stale);
    assert.equal(pool.size, 5);
    assert.equal(stale.ended, true);
    await pool.close();
  });

  it('are made anew where the thread of the one kept has ended', async (test) => {
    const set = disposedAfter(test, await setUp());
    const state = await set.accepted(FIRST);
    const dead = await set.pools.take(set.run, state, OPTIONS);
    await set.pools.keep(set.run, state, OPTIONS, dead);
    await dead.close();
    const pool = await set.pools.take(set.run, state, OPTIONS);
    assert.notEqual(pool, dead);
    assert.equal((await pool.consider(['Name a long river in Asia.']))[0]?.accepted, false);
    await pool.close();
  });

  it('are two at the most: the one kept first is closed', async (test) => {
    const set = disposedAfter(test, await setUp());
    const [one, two] = [await set.accepted(FIRST), await set.accepted(SECOND)];
    const kept = await Promise.all([one, two].map((state) => set.pools.take(set.run, state, OPTIONS)));
    const [first, second] = kept;
    assert.ok(first !== undefined && second !== undefined);
    await set.pools.keep(set.run, one, OPTIONS, first);
    await set.pools.keep(set.run, two, OPTIONS, second);
    const third = await set.accepted(FIRST, SECOND);
    await set.pools.keep(set.run, third, OPTIONS, await set.pools.take(set.run, third, OPTIONS));
    assert.deepEqual(
      kept.map((pool) => pool.ended),
      [true, false],
    );
  });
});
