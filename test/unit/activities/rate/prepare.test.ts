import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readRows } from '../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { countVotes, prepareComparison as prepare } from '../../../../activities/rate/activities.ts';
import { comparedPair } from '../../../../activities/rate/comparison.ts';
import { type RateInput, rateInput } from '../../../../workflows/contracts/rate.ts';
import { disposedAfter } from '../../../disposed-after.ts';
import { type TemporaryStore, temporaryStore } from '../generate/generation-fixture.ts';

const OUTPUTS = [
  { instruction: 'Name a fruit.', output: 'A fig.', generator: 'tuned', dataset: 'food' },
  { instruction: 'Sort these.', input: 'b, a', output: 'a, b', generator: 'tuned' },
];
const SELF_INSTRUCT = [
  {
    id: '0',
    motivation_app: 'Word',
    instruction: 'Sort these.',
    instances: [{ input: 'b, a', output: 'a; b' }],
  },
  {
    id: '1',
    motivation_app: 'Word',
    instruction: 'Name a fruit.',
    instances: [{ input: '', output: 'Pear.' }],
  },
];

async function withFiles(temporary: TemporaryStore, files: Record<string, unknown[]>) {
  const paths: Record<string, string> = {};
  for (const [name, rows] of Object.entries(files)) {
    paths[name] = join(temporary.folder, `${name}.jsonl`);
    await writeFile(paths[name], rows.map((row) => JSON.stringify(row)).join('\n'));
  }
  return paths;
}

const prepareComparison = (store: TemporaryStore['store'], rate: RateInput, run = 'a run') =>
  prepare(store, { rate, run });

describe('making a comparison ready', () => {
  it('pairs answers of either form by instruction, in the order of the first file', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const { store } = temporary;
    const { a, b } = await withFiles(temporary, { a: OUTPUTS, b: SELF_INSTRUCT });
    const { comparison, plan, seats } = await prepareComparison(
      store,
      rateInput.parse({ a, b, raters: 3, votesPerItem: 2, runSeed: 7 }),
    );
    assert.deepEqual(await readRows(await store.open(comparison), comparedPair), [
      {
        ...{ dataset: 'food', instruction: 'Name a fruit.', input: '' },
        ...{ answerA: 'A fig.', generatorA: 'tuned', answerB: 'Pear.', generatorB: 'reference' },
      },
      {
        ...{ dataset: '', instruction: 'Sort these.', input: 'b, a' },
        ...{ answerA: 'a, b', generatorA: 'tuned', answerB: 'a; b', generatorB: 'reference' },
      },
    ]);
    assert.deepEqual(plan, { seed: 7, items: 2, raters: 3, itemsPerRater: null, votesPerItem: 2 });
    assert.deepEqual(
      seats.map(({ assigned }) => assigned),
      [1, 1, 2],
    );
  });

  it('gives each seat a key of its own, the same one for the same run alone', async (test) => {
    const { store } = disposedAfter(test, await temporaryStore());
    const keys = async (run: string) => {
      const { seats } = await prepareComparison(store, rateInput.parse({ raters: 2 }), run);
      return seats.map(({ key }) => key);
    };
    const first = await keys('one');
    assert.deepEqual(await keys('one'), first);
    const all = [...first, ...(await keys('two'))];
    assert.equal(new Set(all).size, 4);
    for (const key of all) assert.match(key, /^[0-9a-f]{16}$/);
  });

  it('keeps to the instructions that are named', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const { a, b, wanted } = await withFiles(temporary, {
      ...{ a: OUTPUTS, b: SELF_INSTRUCT, wanted: [{ instruction: 'Name a fruit.' }] },
    });
    const { plan } = await prepareComparison(
      temporary.store,
      rateInput.parse({ a, b, instructions: wanted }),
    );
    assert.equal(plan.items, 1);
  });

  it('grades each answer of both sets, or of one', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const { store } = temporary;
    const { a, b } = await withFiles(temporary, { a: OUTPUTS, b: SELF_INSTRUCT });
    const both = await prepareComparison(store, rateInput.parse({ mode: 'abcd', a, b }));
    assert.equal(both.plan.items, 4);
    const one = await prepareComparison(store, rateInput.parse({ mode: 'abcd', a, b: null }));
    assert.equal(one.plan.items, 2);
    const counted = await countVotes(store, { ...one, mode: 'abcd', ballots: ['AD'] });
    assert.equal(counted.summary, 'grades: A 1, B 0, C 0, D 1');
    const rows = JSON.parse(await readFile(await store.open(counted.annotations), 'utf8'));
    assert.deepEqual(
      rows.map(({ output }: { output: string }) => output),
      ['A fig.', 'a, b'],
    );
  });

  it('ends while it reads, or counts, where it is told to', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const { store } = temporary;
    const { a, b, wanted } = await withFiles(temporary, { a: OUTPUTS, b: SELF_INSTRUCT, wanted: OUTPUTS });
    const told = { ...unwatched, signal: AbortSignal.abort(new Error('told to')) };
    for (const instructions of [null, wanted]) {
      const rate = rateInput.parse({ a, b, instructions });
      await assert.rejects(prepare(store, { rate, run: 'a run' }, told), /^Error: told to$/);
    }
    const made = await prepareComparison(store, rateInput.parse({ a, b }));
    await assert.rejects(
      countVotes(store, { ...made, mode: 'pairwise', ballots: [] }, told),
      /^Error: told to$/,
    );
  });

  it('says what is wrong with the files', async (test) => {
    const temporary = disposedAfter(test, await temporaryStore());
    const { a, b, some, bare, wanted } = await withFiles(temporary, {
      ...{ a: OUTPUTS, b: SELF_INSTRUCT, some: OUTPUTS.slice(1), bare: [{ instruction: 'Name a fruit.' }] },
      wanted: [{ instruction: 'Something else.' }],
    });
    const preparing = (input: object) => prepareComparison(temporary.store, rateInput.parse(input));
    await assert.rejects(preparing({ a, b: some }), {
      code: 'InvalidInput',
      message: /Only one of the two models answers "Name a fruit\."/,
    });
    await assert.rejects(preparing({ a, b: bare }), {
      code: 'InvalidInput',
      message: /bare\.jsonl, line 1: .*expected an answer: `output`, or `instances` with one/,
    });
    await assert.rejects(preparing({ a, b, instructions: wanted }), /There is no answer to rate/);
    await assert.rejects(preparing({ a: '/etc/passwd', b }), { code: 'RefusedPath' });
  });
});
