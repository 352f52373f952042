import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filterInput } from '../../../../../workflows/contracts/filter.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';
import { stepSummary, summaryOf } from '../../../../../workflows/decisions/screen/summary-text.ts';

describe('a summary', () => {
  it('says what a run is for', () => {
    const summary = (generate: object) => summaryOf('alpaca', alpacaInput.parse({ generate }));
    assert.equal(summary({}), 'The Alpaca recipe: 2000 instructions from offline');
    const from = {
      uri: `artifact://rows/${'0'.repeat(64)}/rows.jsonl`,
      sha256: '0'.repeat(64),
      bytes: 1,
      rows: 1,
    };
    assert.equal(summary({ from }), 'The Alpaca recipe: rows that exist');
    const filter = filterInput.parse({ rules: ['code'], decontaminate: { files: ['builtin'] } });
    assert.equal(summaryOf('filter', filter), 'Filter: by 1 rules, and overlap with 1 files');
  });

  it('says of which run a step is', () => {
    assert.equal(stepSummary('train', 'my_run'), 'train, a step of my_run');
    assert.equal(stepSummary('train', '*my* run'), 'train, a step of \\*my\\* run');
  });

  it('has room in what a server takes, however long a name is', () => {
    const summary = stepSummary('train', `first ${'물'.repeat(500)} last`);
    assert.equal(summary.length, 120);
    assert.match(summary, /^train, a step of first 물+\.\.물+ last$/);
    assert.ok(Buffer.byteLength(summary) <= 400);
  });
});
