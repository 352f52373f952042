import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { dedupeFiles } from '../../../../activities/dedupe/dedupe-files.ts';
import { dedupeRows } from '../../../../activities/dedupe/dedupe-rows.ts';
import { findPairs } from '../../../../activities/dedupe/partition/find-pairs.ts';
import { planPartitions } from '../../../../activities/dedupe/partition/plan-partitions.ts';
import { resolvePairs } from '../../../../activities/dedupe/partition/resolve-pairs.ts';
import { dedupeInput } from '../../../../workflows/contracts/dedupe.ts';
import type { Tokenization } from '../../../../workflows/contracts/run.ts';
import { unseenText } from '../../../../workflows/decisions/screen/unseen-text.ts';

const ROWS = [
  'Write a short poem about the sea at night.',
  'Name a river in Asia.',
  'At night, write about the sea a short poem.',
  'name a river in asia',
  'Name a river in Asia.',
  'Add 2 and 3.',
].map((instruction, row) => ({ instruction, input: '', output: `output ${row}` }));
const LINES = `${ROWS.map((row) => JSON.stringify(row)).join('\n')}\n`;

it('the step on artifacts and the command on files decide alike, in one corpus and in their counts', async (test) => {
  const folder = await mkdtemp(join(tmpdir(), 'dedupe-drivers-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  const [input, out, rejected] = ['in.jsonl', 'kept.jsonl', 'rejected.jsonl'].map((name) =>
    join(folder, name),
  );
  assert.ok(input && out && rejected);
  await writeFile(input, LINES);
  const settings = { threshold: 0.6, tokenization: 'rouge', mode: 'full' } as const;
  const files = { field: 'instruction', skipBadRows: false, embedding: null };
  const ofFiles = await dedupeFiles({ input, out, rejected, ...files, ...settings }, unwatched);

  const store = createLocalStore({ root: join(folder, 'store'), importFolders: [] });
  const data = await store.putFile('dataset', 'rows.jsonl', LINES, { rows: ROWS.length, madeBy: 'test' });
  const ofRows = await dedupeRows(dedupeInput.parse({ ...settings, data }), { store }, unwatched);

  const read = async (path: string) =>
    (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const outputs = (rows: { output: string }[]) => rows.map(({ output }) => output);
  assert.deepEqual(outputs(await read(out)), ['output 0', 'output 1', 'output 2', 'output 5']);
  assert.deepEqual(outputs(await read(await store.open(ofRows.data))), outputs(await read(out)));
  assert.deepEqual(outputs(await read(await store.open(ofRows.rejected))), outputs(await read(rejected)));
  const { exactDuplicates, normalizedDuplicates, clusters, largestCluster } = ofRows;
  assert.deepEqual(
    { exactDuplicates, normalizedDuplicates, clusters, largestCluster },
    { exactDuplicates: 1, normalizedDuplicates: 2, clusters: 1, largestCluster: 2 },
  );
  assert.deepEqual(
    [ofFiles.exactDuplicates, ofFiles.normalizedDuplicates, ofFiles.clusters, ofFiles.largestCluster],
    [1, 2, 1, 2],
  );
});

describe('rows that the reference’s tokenization sees nothing of', () => {
  const RUSSIAN = [
    'Назовите столицу Франции.',
    'Переведите это предложение.',
    'Напишите короткое стихотворение.',
  ];
  const DIFFERENT = [
    'Опишите, как пекут ржаной хлеб в деревне',
    'Сравните два способа хранения зерна',
    'Объясните правила игры в шахматы новичку',
    'Придумайте рекламу зимних ботинок',
    'Расскажите о воспитании щенков овчарки',
    'Почему осенью желтеют листья клёна?',
    'Составьте поздравление учительнице',
    'Кто изобрёл паровую машину?',
    'Дайте совет начинающему садоводу',
    'Перескажите сказку о золотой рыбке',
  ];
  const ENGLISH = ['Name a river in Asia.', 'Add 2 and 3.', 'Sort the words.'];
  /** 18 of 21: three instructions six times each, and three that are seen. */
  const MOST = [...Array.from({ length: 6 }, () => RUSSIAN).flat(), ...ENGLISH];
  const HALF = [...RUSSIAN, ...ENGLISH];

  const decided = async (test: TestContext, instructions: string[], tokenization: Tokenization | null) => {
    const folder = await mkdtemp(join(tmpdir(), 'dedupe-unseen-'));
    test.after(() => rm(folder, { recursive: true, force: true }));
    const lines = instructions.map((instruction) => JSON.stringify({ instruction, output: '' })).join('\n');
    const [input, out] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')];
    await writeFile(input, lines);
    const settings = { threshold: 0.7, tokenization, mode: 'full' } as const;
    const files = { field: 'instruction', skipBadRows: false, embedding: null };
    const ofFiles = await dedupeFiles({ input, out, ...files, ...settings }, unwatched);
    const store = createLocalStore({ root: join(folder, 'store'), importFolders: [] });
    const data = await store.putFile('dataset', 'rows.jsonl', lines, { rows: 21, madeBy: 'test' });
    const step = dedupeInput.parse({ ...settings, data, partitions: 2 });
    const ofRows = await dedupeRows(step, { store }, unwatched);
    const plan = await planPartitions(step, { store }, unwatched);
    const { longest } = plan;
    const pairs = await Promise.all(
      plan.partitions.map((rows, partition) =>
        findPairs({ threshold: 0.7, partitions: 2, partition, longest, rows }, { store }, unwatched),
      ),
    );
    const resolved = { dedupe: step, plan, pairs: pairs.map((found) => found.pairs) };
    assert.deepEqual(await resolvePairs(resolved, { store }, unwatched), ofRows);
    const { settings: recorded } = await store.readManifest(ofRows.data);
    assert.equal(recorded?.tokenization, ofRows.tokenization);
    assert.deepEqual(
      [ofRows.tokenization, ofRows.withoutTokens],
      [ofFiles.tokenization, ofFiles.withoutTokens],
    );
    assert.equal(ofFiles.kept, ofRows.data.rows);
    return [ofFiles.kept, ofFiles.tokenization, unseenText(ofFiles, ofFiles.rows)];
  };

  it('are compared by `unicode` where most are so, and this is said', async (test) => {
    assert.deepEqual(await decided(test, MOST, null), [
      ...[6, 'unicode'],
      '18 of 21 instructions are mostly of words without a-z or 0-9, for which the reference’s ROUGE-L has no token: all were compared by the tokenization "unicode"',
    ]);
  });

  const UNSEEN =
    'copies of them are kept, and different ones with the same number or name dropped; the tokenization "unicode" sees them (--tokenization unicode, in a run dedupe.tokenization)';
  it('are kept, counted and told what sees them where half are so', async (test) => {
    assert.deepEqual(await decided(test, HALF, null), [
      ...[6, 'rouge'],
      `3 of 6 instructions are mostly of words without a-z or 0-9, for which the reference’s ROUGE-L has no token: ${UNSEEN}`,
    ]);
  });

  it('are all kept where different ones have a number in common, the only token of the reference', async (test) => {
    const alike = DIFFERENT.map((instruction) => `${instruction} (не более 3 предложений)`);
    assert.deepEqual(await decided(test, alike, null), [
      ...[10, 'unicode'],
      '10 of 10 instructions are mostly of words without a-z or 0-9, for which the reference’s ROUGE-L has no token: all were compared by the tokenization "unicode"',
    ]);
    assert.deepEqual((await decided(test, alike, 'rouge'))[0], 1);
  });

  it('are the same where `rouge` was asked for, however many they are', async (test) => {
    assert.deepEqual(await decided(test, MOST, 'rouge'), [
      ...[21, 'rouge'],
      `18 of 21 instructions are mostly of words without a-z or 0-9, for which the reference’s ROUGE-L has no token: ${UNSEEN}`,
    ]);
  });

  it('are no matter where `unicode` was asked for, or where there are none', async (test) => {
    assert.deepEqual(await decided(test, MOST, 'unicode'), [6, 'unicode', '']);
    assert.deepEqual(await decided(test, ENGLISH, null), [3, 'rouge', '']);
  });
});
