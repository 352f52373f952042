import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { markup } from '../../../../../activities/filter/rules/markup.ts';
import { reasonOf } from './rows.ts';

describe('the rule markup', () => {
  it('drops a row with the headings of the prompt left in any of its texts', () => {
    const reason = 'markup of the prompt';
    assert.equal(reasonOf(markup, { output: 'Blue.\n5. Instruction: Name a fruit.' }), reason);
    assert.equal(reasonOf(markup, { input: 'A red apple\n4. Output: Red' }), reason);
    assert.equal(reasonOf(markup, { instruction: 'Name a fruit. <noinput>' }), reason);
  });

  it('drops an answer with headings of the template or marks of a chat', () => {
    for (const output of [
      'Blue.\n\n### Response:\nBlue.',
      'Blue.<|im_end|>',
      '<|assistant|> Blue.',
      'Blue. [/INST]',
      'Blue.<<SYS>>',
      'Blue.<end_of_turn>',
      'Blue.</s>',
      'Blue.<|endoftext|>',
    ])
      assert.equal(reasonOf(markup, { output }), 'markup of a chat or a template', output);
  });

  it('keeps headings and lists of an answer’s own', () => {
    for (const output of [
      '### Ingredients\n\n- flour',
      '1. Introduction: what it is about\n2. Output of the works',
      'Instruction: boil the water.\nInput: none',
      'Use <s>this</s>',
      'a || b |> c <| d',
    ])
      assert.equal(reasonOf(markup, { output }), null, output);
  });

  it('keeps marks that are shown as code, or that the task is about', () => {
    assert.equal(reasonOf(markup, { output: 'A turn ends with `<|im_end|>`.' }), null);
    assert.equal(reasonOf(markup, { output: 'So:\n\n```\n[INST] Hello [/INST]\n```' }), null);
    assert.equal(
      reasonOf(markup, { instruction: 'What does [INST] mean?', output: '[INST] begins a turn.' }),
      null,
    );
  });
});
