import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runLanguage } from './whole-language.ts';

it('Korean runs at 1,000 rows with the offline teacher', async () => {
  const { generated, deduped, filtered, tokenized, rows } = await runLanguage('ko', 1000);
  assert.equal(generated.stopReason, 'target');
  assert.ok(generated.data.rows >= 1000);
  assert.equal(deduped.data.rows, generated.data.rows);
  assert.equal(filtered.dropped.rows, 0);
  assert.equal(tokenized.tokens.rows + tokenized.heldOutTokens.rows, rows.length);
});
