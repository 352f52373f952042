import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { writeAccepted } from '../../../../../activities/generate/accept/accepted-state.ts';
import { nothingObserved } from '../../../../../activities/generate/accept/recorded-yield.ts';
import { createSeenRows } from '../../../../../activities/generate/accept/seen-rows.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { temporaryStore } from '../generation-fixture.ts';

/** Rounds by the requests of their rows: `[0, 0, 2]` is a round of three requests, the second of which brought nothing. */
async function poolsOf(test: TestContext, ...rounds: number[][]) {
  const { store } = disposedAfter(test, await temporaryStore());
  const put = (kind: string, lines: object[]) =>
    store.putFile(kind, `${kind}.jsonl`, toJsonLines(lines), { madeBy: 'test', rows: lines.length });
  const segments = [];
  const yields = [];
  const pools = [];
  let taken = 0;
  let accepted = 0;
  for (const round of rounds) {
    const rows = round.map((request, index) => ({
      ...{ instruction: `of ${request}: ${index}`, input: '', output: 'x' },
      provenance: { request, prompt: 0, segment: index, ledgerKey: 'k' },
    }));
    segments.push(await put('segment', rows));
    const end = Math.max(...round) + 1;
    yields.push(
      await put(
        'yield',
        Array.from({ length: end - taken }, (_, index) => ({ request: taken + index })),
      ),
    );
    taken = end;
    accepted += rows.length;
    const state = { segments: [...segments], accepted, yields: [...yields], observed: nothingObserved() };
    pools.push(await writeAccepted(store, state));
  }
  return { pools, seen: createSeenRows(store) };
}

const instructions = (rows: readonly { instruction: string }[]) => rows.map(({ instruction }) => instruction);

describe('what a request sees of accepted rows', () => {
  it('is what requests more than so many before it brought', async (test) => {
    const { pools, seen } = await poolsOf(test, [0, 0, 2], [3]);
    const rows = await seen(pools[1] ?? null, 2);
    assert.deepEqual(instructions(rows.before(2)), []);
    assert.deepEqual(instructions(rows.before(3)), ['of 0: 0', 'of 0: 1']);
    assert.deepEqual(instructions(rows.before(4)), ['of 0: 0', 'of 0: 1']);
    assert.deepEqual(instructions(rows.before(5)), ['of 0: 0', 'of 0: 1', 'of 2: 2']);
    assert.deepEqual(instructions(rows.before(6)), ['of 0: 0', 'of 0: 1', 'of 2: 2', 'of 3: 0']);
  });

  it('is the same by an earlier round and by a later one', async (test) => {
    const { pools, seen } = await poolsOf(test, [0, 1, 2], [3, 4], [5]);
    const each = await Promise.all(pools.map(async (pool) => instructions((await seen(pool, 1)).before(4))));
    assert.deepEqual(each, Array(3).fill(['of 0: 0', 'of 1: 1', 'of 2: 2']));
  });

  it('is never less than it should be: a request before its time is refused', async (test) => {
    const { pools, seen } = await poolsOf(test, [0, 1, 2]);
    const rows = await seen(pools[0] ?? null, 1);
    assert.throws(() => rows.before(5), /request 5 sees request 3, and 3 are taken/);
    assert.deepEqual((await seen(null, 1)).before(1), []);
    assert.throws(() => rows.before(9), RangeError);
  });
});
