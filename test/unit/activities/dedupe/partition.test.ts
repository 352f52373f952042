import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toJsonLines } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { type Attempt, unwatched } from '../../../../activities/attempt.ts';
import { dedupeRows } from '../../../../activities/dedupe/dedupe-rows.ts';
import { findPairs } from '../../../../activities/dedupe/partition/find-pairs.ts';
import { planPartitions } from '../../../../activities/dedupe/partition/plan-partitions.ts';
import { resolvePairs } from '../../../../activities/dedupe/partition/resolve-pairs.ts';
import { buildCorpus } from '../../../../bench/dedupe/corpus.ts';
import type { ArtifactReference } from '../../../../workflows/contracts/data.ts';
import type { DedupePlan } from '../../../../workflows/contracts/dedupe.ts';
import { type DedupeInput, type DedupeResult, dedupeInput } from '../../../../workflows/contracts/dedupe.ts';
import fc from '../../../property.ts';
import { arbitraryText } from './arbitrary-rows.ts';

let root: string;
let store: ArtifactStore;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'dedupe-partition-'));
  store = createLocalStore({ root });
});
after(() => rm(root, { recursive: true, force: true }));

function rowsOf(instructions: readonly string[]): Promise<ArtifactReference> {
  const rows = instructions.map((instruction) => ({ instruction, input: '', output: 'x' }));
  return store.putFile('dataset', 'rows.jsonl', toJsonLines(rows), { madeBy: 'test', rows: rows.length });
}

async function pairsOf(plan: DedupePlan, { threshold, partitions }: DedupeInput, attempt = unwatched) {
  const { longest } = plan;
  const found = plan.partitions.map((rows, partition) =>
    findPairs({ threshold, partitions, partition, longest, rows }, { store }, attempt),
  );
  return (await Promise.all(found)).map(({ pairs }) => pairs);
}

async function dedupeInPartitions(input: DedupeInput): Promise<DedupeResult> {
  const plan = await planPartitions(input, { store }, unwatched);
  const pairs = await pairsOf(plan, input);
  return resolvePairs({ dedupe: input, plan, pairs }, { store }, unwatched);
}

describe('dedupe in partitions', () => {
  it('gives the bytes that dedupe in one gives', async () => {
    const corpora = fc.record({
      // Words that begin none: the instruction of a row is never empty, its tokens may be none.
      data: fc.array(
        arbitraryText.map((text) => `${text}.`),
        { minLength: 1, maxLength: 60, size: 'max' },
      ),
      against: fc.array(
        arbitraryText.map((text) => `${text}!`),
        { maxLength: 6 },
      ),
      threshold: fc.constantFrom(0, 0.3, 0.5, 0.6, 0.7, 1),
      mode: fc.constantFrom('full' as const, 'threshold' as const),
      partitions: fc.integer({ min: 2, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(corpora, async ({ data, against, ...settings }) => {
        const input = dedupeInput.parse({
          ...settings,
          data: await rowsOf(data),
          against: against.length === 0 ? null : await rowsOf(against),
        });
        assert.deepEqual(await dedupeInPartitions(input), await dedupeRows(input, { store }, unwatched));
      }),
      { numRuns: 10 },
    );
  });

  it('gives them for a corpus of the released shape, in any number of partitions', async () => {
    const data = await rowsOf(buildCorpus({ rows: 6000, nearDuplicates: 500, atThreshold: 100 }));
    const input = dedupeInput.parse({ data, mode: 'threshold' });
    const whole = await dedupeRows(input, { store }, unwatched);
    assert.ok(whole.rejected.rows > 400);
    for (const partitions of [2, 9])
      assert.deepEqual(await dedupeInPartitions({ ...input, partitions }), whole);
  });

  it('compares a rejected row that comes again with what was accepted in between', async () => {
    const data = await rowsOf([
      'a b c d e f g h i j',
      'a b c d e f g h x y',
      'z a b c d e f g h x y w',
      'a b c d e f g h x y',
    ]);
    const input = dedupeInput.parse({ data, mode: 'threshold', threshold: 0.75, partitions: 2 });
    const { rejected } = await dedupeInPartitions(input);
    const lines = (await readFile(await store.open(rejected), 'utf8')).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { mostSimilar: string }).mostSimilar),
      ['a b c d e f g h i j', 'z a b c d e f g h x y w'],
    );
  });

  it('sends each row to few of many partitions', async () => {
    const data = await rowsOf(buildCorpus({ rows: 3000, nearDuplicates: 150, atThreshold: 10 }));
    const input = dedupeInput.parse({ data, partitions: 64 });
    const plan = await planPartitions(input, { store }, unwatched);
    const copies = plan.partitions.reduce((sum, { rows }) => sum + rows, 0);
    assert.ok(copies < 10 * plan.sequences.rows, `${copies} copies of ${plan.sequences.rows} rows`);
    assert.ok(plan.partitions.every(({ rows }) => rows < plan.sequences.rows / 3));
  });

  it('refuses pairs of another plan', async () => {
    const input = dedupeInput.parse({ data: await rowsOf(['a b c d', 'a b c d e']), partitions: 2 });
    const plan = await planPartitions(input, { store }, unwatched);
    const other = { ...input, data: await rowsOf(['a', 'b', 'c d e f g', 'c d e f g h']) };
    const pairs = await pairsOf(await planPartitions(other, { store }, unwatched), other);
    await assert.rejects(resolvePairs({ dedupe: input, plan, pairs }, { store }, unwatched), {
      code: 'InvalidInput',
      message: /do not belong to the plan/,
    });
  });

  it('stops within a second and leaves no work behind', async () => {
    const data = await rowsOf(buildCorpus({ rows: 20_000, nearDuplicates: 1000, atThreshold: 10 }));
    const input = dedupeInput.parse({ data, threshold: 0.2, partitions: 2 });
    const plan = await planPartitions(input, { store }, unwatched);
    const controller = new AbortController();
    let stoppedAt = 0;
    const attempt: Attempt = {
      signal: controller.signal,
      report() {
        stoppedAt ||= performance.now();
        controller.abort(new Error('stopped by the test'));
      },
    };
    const { threshold, partitions } = input;
    const ended = await Promise.allSettled(
      plan.partitions.map((rows, partition) =>
        findPairs({ threshold, partitions, partition, longest: plan.longest, rows }, { store }, attempt),
      ),
    );
    assert.ok(performance.now() - stoppedAt < 1000);
    assert.deepEqual(
      ended.map((end) => end.status === 'rejected' && String(end.reason)),
      ['Error: stopped by the test', 'Error: stopped by the test'],
    );
    assert.deepEqual(await readdir(join(root, 'work')), []);
  });
});
