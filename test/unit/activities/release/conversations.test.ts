import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { readRows, toJsonLines } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { dedupeRows } from '../../../../activities/dedupe/dedupe-rows.ts';
import { filterRows } from '../../../../activities/filter/filter-rows.ts';
import { importRows } from '../../../../activities/generate/import-rows.ts';
import { releaseRows } from '../../../../activities/release/activities.ts';
import {
  checkCounts,
  checkSimilarity,
  checkSplits,
} from '../../../../activities/release/reproduce/check-rows.ts';
import { openRelease, readManifest } from '../../../../activities/release/reproduce/opened-release.ts';
import { dataRowOrSeedTask } from '../../../../workflows/contracts/data.ts';
import { dedupeInput } from '../../../../workflows/contracts/dedupe.ts';
import { filterInput } from '../../../../workflows/contracts/filter.ts';
import { releaseInput } from '../../../../workflows/contracts/release.ts';

const chat = (...texts: string[]) => ({
  conversations: texts.map((value, i) => ({ from: i % 2 === 0 ? 'human' : 'gpt', value })),
});
const GIVEN = [
  chat('Name a primary colour, please.', 'Blue.', 'And another one?', 'Red.'),
  chat(
    'Name a primary colour, please.',
    'Green.',
    'Tell me of a bird that sings at night in the woods.',
    'The nightingale.',
  ),
  { instruction: 'Add the two numbers.', input: '1 2', output: '3' },
  chat(
    'How tall is the tower?',
    'It has 300 metres.',
    'And the bridge?',
    'As an AI language model I cannot say.',
  ),
  { ...chat('Write a line of verse.', 'The rain has come.'), system: 'You are a poet.' },
];

describe('conversations on their way through a run', () => {
  let root: string;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-conversations-'));
    store = createLocalStore({ root: join(root, 'store'), importFolders: [root] });
    await writeFile(join(root, 'rows.jsonl'), toJsonLines(GIVEN));
  });
  after(() => rm(root, { recursive: true }));

  const deps = () => ({
    store,
    paidBy: 'test',
    clientFor: (): never => {
      throw new RangeError('nobody is asked');
    },
  });
  const deduped = async (settings: object = {}) =>
    dedupeRows(
      dedupeInput.parse({ data: await importRows(join(root, 'rows.jsonl'), store, unwatched), ...settings }),
      deps(),
      unwatched,
    );
  const rowsOf = async (reference: Parameters<ArtifactStore['open']>[0]) =>
    readRows(await store.open(reference), dataRowOrSeedTask);

  it('are compared by their first message, or by all that the user says', async () => {
    const byFirst = await deduped();
    assert.deepEqual(
      (await rowsOf(byFirst.data)).map(({ instruction, messages }) => [instruction, messages?.length]),
      [
        ['Name a primary colour, please.', 4],
        ['Add the two numbers.', undefined],
        ['How tall is the tower?', 4],
        ['Write a line of verse.', 3],
      ],
    );
    const byAll = await deduped({ conversationsBy: 'user-messages' });
    assert.equal(byAll.data.rows, 5);
  });

  it('are dropped by the filter for what any answer has', async () => {
    const { data, similarity } = await deduped();
    const { data: kept } = await filterRows(filterInput.parse({ data, similarity }), { store }, unwatched);
    assert.ok((await rowsOf(kept)).every(({ instruction }) => !instruction.startsWith('How tall')));
  });

  it('are released as messages beside rows, in JSON and Parquet, and found again as they were', async () => {
    const { data, similarity } = await deduped();
    const made = await releaseRows(
      releaseInput.parse({ data, similarity, splits: { validation: 0.25, test: 0 } }),
      { store },
      unwatched,
    );
    const folder = join(root, 'release');
    await cp(await store.open(made.release), folder, { recursive: true });
    const published = JSON.parse(await readFile(join(folder, 'alpaca_data.json'), 'utf8'));
    assert.deepEqual(published[1], GIVEN[2]);
    assert.deepEqual(published[3], {
      messages: [
        { role: 'system', content: 'You are a poet.' },
        { role: 'user', content: 'Write a line of verse.' },
        { role: 'assistant', content: 'The rain has come.' },
      ],
    });
    const file = await asyncBufferFromFile(join(folder, 'data', 'train.parquet'));
    const [first] = await parquetReadObjects({ file });
    const isChat = first?.messages !== null;
    assert.equal(first?.instruction === null, isChat);
    assert.match(
      await readFile(join(folder, 'README.md'), 'utf8'),
      /3 of its rows are conversations, with 5 answers/,
    );
    assert.match(
      await readFile(await store.open(made.report), 'utf8'),
      /<dt>assistant<\/dt><dd>.*The rain has come/,
    );

    const opened = await openRelease(folder, (await readManifest(folder)).manifest);
    assert.deepEqual(opened.contents.rows, await rowsOf(data));
    for (const finding of [checkCounts(opened), await checkSplits(opened), await checkSimilarity(opened)])
      assert.notEqual(finding.verdict, 'differs', JSON.stringify(finding));
    await writeFile(join(folder, 'data/train.jsonl'), toJsonLines(published.slice(1)));
    assert.equal((await checkSplits(opened)).verdict, 'differs');
  });
});
