import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { summaryOf } from '../../../../workers/command/steps/generate.ts';
import { generateResult } from '../../../../workflows/contracts/generate.ts';

const RESULT = generateResult.parse({
  data: {
    uri: `artifact://dataset/${'a'.repeat(64)}/rows.jsonl`,
    sha256: 'a'.repeat(64),
    bytes: 10,
    rows: 3,
  },
  yieldByRequest: null,
  stopReason: 'target',
  requests: 2,
  yield: { asked: 8, parsed: 4, malformed: 4, filtered: {}, similar: 1, accepted: 3 },
  prompts: 2,
  sent: 2,
  lost: 0,
  refused: 0,
  promptTokens: 10,
  completionTokens: 20,
  costUsd: 0.0123,
});

describe('what `alpaca generate` says at its end', () => {
  it('is how many rows there are, why it ended, what was spent and what became of the rest', () => {
    assert.equal(
      summaryOf(RESULT, 'data.json', 5),
      '3 rows in data.json (the target is reached)\n2 requests, 2 sent, 0.0123 USD\n' +
        'of 8 asked: 4 parsed, 4 malformed; 1 too similar; 3 accepted',
    );
  });

  it('says that the budget ended it, and how it goes on', () => {
    assert.match(
      summaryOf({ ...RESULT, stopReason: 'stopped-early' }, 'data.json', 0.06),
      /^3 rows in data\.json \(the budget of 0\.06 USD does not cover another request: the same command goes on from here, with a budget of its own\)\n/,
    );
  });

  it('says of rows that were brought in that they were, since nobody was asked', () => {
    const [, , last] = summaryOf({ ...RESULT, stopReason: 'imported' }, 'data.json', null).split('\n');
    assert.equal(last, 'rows brought in');
  });
});
