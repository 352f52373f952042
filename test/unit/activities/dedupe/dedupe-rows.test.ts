import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { type Attempt, unwatched } from '../../../../activities/attempt.ts';
import { dedupeRows } from '../../../../activities/dedupe/dedupe-rows.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import type { ArtifactReference } from '../../../../workflows/contracts/data.ts';
import { dedupeInput, duplicatesReport } from '../../../../workflows/contracts/dedupe.ts';

let folder: string;
let store: ArtifactStore;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dedupe-rows-'));
  store = createLocalStore({ root: join(folder, 'store'), importFolders: [folder] });
});
after(() => rm(folder, { recursive: true, force: true }));

async function fileOf(name: string, rows: unknown[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

async function rowsOf(reference: ArtifactReference | null): Promise<unknown[]> {
  assert.ok(reference !== null);
  const text = await readFile(await store.open(reference), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

const provenance = { request: 1, prompt: 2, segment: 3, ledgerKey: 'k' };
const ROWS = [
  { instruction: 'Write a poem.', input: '', output: 'Roses', provenance },
  { instruction: 'Name a river in Asia.', input: '', output: 'Mekong' },
  { instruction: 'write a poem', input: 'x', output: 'Violets' },
  { instruction: 'Name a river in Asia.', input: '', output: 'Amur' },
];

describe('the dedupe step', () => {
  it('keeps rows with their provenance, and adds the recipe’s two fields in full mode', async () => {
    const data = await fileOf('rows.jsonl', ROWS);
    const result = await dedupeRows(dedupeInput.parse({ data }), { store }, unwatched);
    assert.deepEqual(await rowsOf(result.data), ROWS.slice(0, 2));
    assert.equal(result.data.rows, 2);
    assert.deepEqual(await rowsOf(result.similarity), [
      { ...ROWS[0], most_similar_instructions: {}, avg_similarity_score: 0 },
      { ...ROWS[1], most_similar_instructions: { 'Write a poem.': 0.25 }, avg_similarity_score: 0.25 },
    ]);
  });

  it('writes rejected rows with what they resemble and the score, and counts exact duplicates', async () => {
    const data = await fileOf('rows.jsonl', ROWS);
    const result = await dedupeRows(dedupeInput.parse({ data, mode: 'threshold' }), { store }, unwatched);
    assert.equal(result.similarity, null);
    assert.deepEqual(await rowsOf(result.rejected), [
      { ...ROWS[2], mostSimilar: 'Write a poem.', score: 1 },
      { ...ROWS[3], mostSimilar: 'Name a river in Asia.', score: 1 },
    ]);
    assert.equal(result.exactDuplicates, 1);
  });

  it('reports duplicates by row, and the clusters around what was kept', async () => {
    const data = await fileOf('rows.jsonl', ROWS);
    const against = await fileOf('against.jsonl', [
      { instruction: 'Name a river in Africa.', input: '', output: 'Nile' },
      { instruction: 'Write a long poem.', input: '', output: 'Iliad' },
    ]);
    const result = await dedupeRows(dedupeInput.parse({ data, against }), { store }, unwatched);
    const { exactDuplicates, normalizedDuplicates, clusters, largestCluster } = result;
    assert.deepEqual(
      { exactDuplicates, normalizedDuplicates, clusters, largestCluster },
      {
        ...{ exactDuplicates: 1, normalizedDuplicates: 0, clusters: 2, largestCluster: 2 },
      },
    );
    const report = JSON.parse(await readFile(await store.open(result.report), 'utf8')) as unknown;
    const river = 'Name a river in Asia.';
    assert.deepEqual(duplicatesReport.parse(report), {
      ...{ rows: 4, kept: 0, rejected: 4 },
      exactDuplicates: {
        total: 1,
        listed: [
          { from: 'data', row: 3, instruction: river, repeats: { from: 'data', row: 1, instruction: river } },
        ],
      },
      normalizedDuplicates: { total: 0, listed: [] },
      clusters: {
        ...{ total: 2, largest: 2 },
        listed: [
          {
            kept: { from: 'against', row: 0, instruction: 'Name a river in Africa.' },
            size: 2,
            rejected: [
              { from: 'data', row: 1, instruction: river, score: 0.8000000000000002 },
              { from: 'data', row: 3, instruction: river, score: 0.8000000000000002 },
            ],
          },
          {
            kept: { from: 'against', row: 1, instruction: 'Write a long poem.' },
            size: 2,
            rejected: [
              { from: 'data', row: 0, instruction: 'Write a poem.', score: 0.8571428571428571 },
              { from: 'data', row: 2, instruction: 'write a poem', score: 0.8571428571428571 },
            ],
          },
        ],
      },
    });
  });

  it('compares with seed tasks, whose first instance is their row', async () => {
    const seeds = await fileOf('seeds.jsonl', [
      {
        id: 'seed_1',
        name: 'poem',
        instruction: 'Write a short poem.',
        instances: [{ input: '', output: 'first' }],
        is_classification: false,
      },
    ]);
    const data = await fileOf('rows.jsonl', ROWS);
    const result = await dedupeRows(dedupeInput.parse({ data, against: seeds }), { store }, unwatched);
    assert.deepEqual(await rowsOf(result.data), [ROWS[1]]);
    const asRows = await dedupeRows(dedupeInput.parse({ data: seeds }), { store }, unwatched);
    assert.deepEqual(await rowsOf(asRows.data), [
      { instruction: 'Write a short poem.', input: '', output: 'first' },
    ]);
  });

  it('takes the seed tasks where nothing is named, and keeps all 175: none resembles another', async () => {
    const result = await dedupeRows(dedupeInput.parse({}), { store }, unwatched);
    assert.equal(result.data.rows, 175);
    assert.equal(result.rejected.rows, 0);
  });

  it('writes the same bytes for the same input', async () => {
    const data = await fileOf('rows.jsonl', ROWS);
    const [first, second] = [
      await dedupeRows(dedupeInput.parse({ data }), { store }, unwatched),
      await dedupeRows(dedupeInput.parse({ data }), { store }, unwatched),
    ];
    assert.deepEqual(second, first);
    const { madeBy, settings } = await store.readManifest(first.data);
    assert.equal(madeBy, 'dedupe');
    assert.deepEqual(settings, { threshold: 0.7, tokenization: 'rouge', mode: 'full' });
  });

  it('names a bad row by file and line', async () => {
    const data = await fileOf('bad.jsonl', [ROWS[0], { instruction: 'x' }]);
    await assert.rejects(dedupeRows(dedupeInput.parse({ data }), { store }, unwatched), (error) => {
      assert.ok(error instanceof AlpacaError);
      assert.equal(error.code, 'InvalidInput');
      assert.match(error.message, /bad\.jsonl, line 2: output is missing: expected a text\./);
      return true;
    });
  });

  it('ends with the signal’s reason and leaves no work behind', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({
      ...ROWS[0],
      instruction: `a b c d e${i} f${i}`,
    }));
    const data = await fileOf('many.jsonl', rows);
    const controller = new AbortController();
    const attempt: Attempt = {
      signal: controller.signal,
      report: () => controller.abort(new Error('stopped by the test')),
    };
    await assert.rejects(dedupeRows(dedupeInput.parse({ data }), { store }, attempt), /stopped by the test/);
  });
});
