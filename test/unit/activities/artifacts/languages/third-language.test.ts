import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runLanguage } from './whole-language.ts';

/** No line of code knows of Spanish: what is asked here is of its folder, seeds/languages/es. */
describe('a third language', () => {
  it('runs from its seed tasks to masked tokens by its folder alone', async () => {
    const { sampled, generated, deduped, filtered, tokenized, rows, template } = await runLanguage('es', 200);
    assert.equal(sampled.seedTasks.rows, 12);
    assert.equal(sampled.tokenization, 'unicode');
    assert.equal(generated.stopReason, 'target');
    assert.ok(generated.data.rows >= 200);
    // What generation compared by is what the whole set is compared by.
    assert.equal(deduped.data.rows, generated.data.rows);
    assert.equal(filtered.dropped.rows, 0);
    assert.equal(tokenized.tokens.rows + tokenized.heldOutTokens.rows, rows.length);
    assert.match(template.withInput, /### Instrucción:\n\{instruction\}\n\n### Entrada:\n\{input\}/);
    const foreign = rows.filter(({ instruction }) => /\b(the|please|write|what)\b/i.test(instruction));
    assert.deepEqual(foreign, []);
    const questions = rows.filter(({ instruction }) => instruction.startsWith('¿'));
    assert.ok(questions.length > 0, 'no instruction begins with a sign that English has not');
  });
});
