import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countDuplicates, reportDuplicates } from '../../../../activities/dedupe/duplicates.ts';

/** `count` rows, each rejected for the first text but for the first itself. */
function oneCluster(count: number, instruction: (index: number) => string) {
  return {
    rows: Array.from({ length: count }, (_, index) => ({ instruction: instruction(index) })),
    against: [],
    decisions: {
      against: 0,
      resembles: Int32Array.from({ length: count }, (_, index) => (index === 0 ? -1 : 0)),
      scores: Float64Array.from({ length: count }, (_, index) => (index === 0 ? 0 : 1)),
      embedding: null,
      similarity: null,
      tokenization: 'rouge' as const,
    },
  };
}

describe('the report on duplicates', () => {
  it('stays small for a corpus of one row many times over, and states how many there were', () => {
    const outcome = oneCluster(200_000, () => 'x'.repeat(10_000));
    const report = reportDuplicates(outcome);
    assert.deepEqual([report.rows, report.kept, report.rejected], [200_000, 1, 199_999]);
    assert.equal(report.exactDuplicates.total, 199_999);
    assert.equal(report.exactDuplicates.listed.length, 500);
    assert.equal(report.normalizedDuplicates.listed.length, 500);
    assert.equal(report.clusters.listed[0]?.size, 199_999);
    assert.equal(report.clusters.listed[0]?.rejected.length, 20);
    assert.ok(JSON.stringify(report).length < 1.2e6);
  });

  it('counts clusters of a corpus that has very many', () => {
    const count = 300_000;
    const outcome = oneCluster(count, (index) => `row ${index}`);
    outcome.decisions.resembles = Int32Array.from({ length: count }, (_, index) =>
      index % 2 === 0 ? -1 : index - 1,
    );
    const { clusters, largestCluster, exactDuplicates } = countDuplicates(outcome);
    assert.deepEqual([clusters, largestCluster, exactDuplicates], [150_000, 1, 0]);
  });

  it('lists the largest clusters first, and among equals the one that began first', () => {
    const { rows, against, decisions } = oneCluster(7, (index) => `row ${index}`);
    decisions.resembles = Int32Array.of(-1, -1, -1, 2, 1, 0, 2);
    const { clusters } = reportDuplicates({ rows, against, decisions });
    assert.deepEqual(
      clusters.listed.map(({ kept, size }) => [kept.row, size]),
      [
        [2, 2],
        [0, 1],
        [1, 1],
      ],
    );
  });

  it('cuts long instructions, never inside a character', () => {
    const report = reportDuplicates(oneCluster(2, () => `${'a'.repeat(499)}😀😀`));
    assert.equal(report.clusters.listed[0]?.kept.instruction, `${'a'.repeat(499)}…`);
  });
});
