import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createLocalStore } from '../../../../activities/artifacts/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { dedupeFiles } from '../../../../activities/dedupe/dedupe-files.ts';
import { dedupeRows } from '../../../../activities/dedupe/dedupe-rows.ts';
import { dedupeInput } from '../../../../workflows/contracts/dedupe.ts';

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
