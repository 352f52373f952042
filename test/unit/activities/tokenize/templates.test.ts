import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatPrompt } from '../../../../activities/tokenize/templates.ts';

describe("the recipe's templates, byte for byte", () => {
  it('with an input', () => {
    assert.equal(
      formatPrompt({ instruction: 'Sort the words.', input: 'pear, apple' }),
      'Below is an instruction that describes a task, paired with an input that provides further context. ' +
        'Write a response that appropriately completes the request.\n\n' +
        '### Instruction:\nSort the words.\n\n### Input:\npear, apple\n\n### Response:',
    );
  });

  it('without an input', () => {
    assert.equal(
      formatPrompt({ instruction: 'Name a colour.', input: '' }),
      'Below is an instruction that describes a task. ' +
        'Write a response that appropriately completes the request.\n\n' +
        '### Instruction:\nName a colour.\n\n### Response:',
    );
  });

  it('takes the template with an input for an input of one space', () => {
    assert.match(formatPrompt({ instruction: 'x', input: ' ' }), /\n\n### Input:\n \n\n### Response:$/);
  });

  it('leaves a placeholder inside a row as it is', () => {
    const prompt = formatPrompt({ instruction: 'Explain {input} and $&.', input: '{instruction}' });
    assert.match(prompt, /### Instruction:\nExplain \{input\} and \$&\.\n\n### Input:\n\{instruction\}\n\n/);
  });
});
