import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePrompt, shownTask } from '../../../../../activities/generate/prompt/prompt.ts';

describe('the recipe’s prompt', () => {
  it('is these bytes', () => {
    const prompt = encodePrompt(
      'Write a list of {count} tasks; {count} in all.\n',
      [
        { instruction: '  Sort the\n words:  ', input: 'pear, fig', output: 'fig, pear' },
        { instruction: 'Name a colour.', input: '', output: 'Red' },
        { instruction: 'Answer::', input: 'Two\nlines', output: 'Yes\n' },
      ],
      20,
    );
    assert.equal(
      prompt,
      `Write a list of 20 tasks; 20 in all.

###
1. Instruction: Sort the words
1. Input:
pear, fig
1. Output:
fig, pear
###
2. Instruction: Name a colour.
2. Input:
<noinput>
2. Output:
Red
###
3. Instruction: Answer
3. Input:
Two
lines
3. Output:
Yes

###
4. Instruction:`,
    );
  });

  it('does not depend on how the requirements file ends', () => {
    assert.equal(encodePrompt('Tasks:', [], 20), encodePrompt('Tasks:\n\n', [], 20));
  });

  it('shows the first instance of a seed task', () => {
    const task = {
      id: 's1',
      name: 'colour',
      instruction: 'Name it.',
      instances: [
        { input: 'sky', output: 'blue' },
        { input: 'grass', output: 'green' },
      ],
      is_classification: false,
    };
    assert.deepEqual(shownTask(task), { instruction: 'Name it.', input: 'sky', output: 'blue' });
  });
});
