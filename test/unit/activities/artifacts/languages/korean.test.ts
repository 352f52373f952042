import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runLanguage } from './whole-language.ts';

describe('Korean', () => {
  it('runs from its seed tasks to masked tokens', async () => {
    const { sampled, generated, deduped, filtered, rows, template } = await runLanguage('ko', 100);
    assert.equal(sampled.seedTasks.rows, 175);
    assert.equal(sampled.evaluationInstructions.rows, 62);
    assert.equal(generated.stopReason, 'target');
    assert.equal(deduped.tokenization, 'syllable-pairs');
    assert.equal(deduped.data.rows, generated.data.rows);
    assert.equal(filtered.dropped.rows, 0);
    assert.ok(rows.every(({ instruction }) => /\p{Script=Hangul}/u.test(instruction)));
    assert.match(template.withoutInput, /### 지시:\n\{instruction\}\n\n### 응답:$/);
  });
});
