import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { finetuningRows } from '../../../../../activities/generate/self-instruct/finetuning.ts';

function layouts(row: { instruction: string; input: string; output: string }): string[] {
  const rows = Array.from({ length: 400 }, (_, seed) => finetuningRows([row], seed)).flat();
  return [...new Set(rows.map(({ prompt, completion }) => prompt + completion))].sort();
}

describe('the rows that the original trains on', () => {
  it('have one of six layouts without an input', () => {
    assert.deepEqual(layouts({ instruction: ' Say it.', input: ' ', output: 'It ' }), [
      'Say it.\n\nIt<|endoftext|>',
      'Say it.\n\nOutput: It<|endoftext|>',
      'Say it.\nIt<|endoftext|>',
      'Say it.\nOutput: It<|endoftext|>',
      'Say it. Output: It<|endoftext|>',
      'Task: Say it.\n\nIt<|endoftext|>',
    ]);
  });

  it('have one of seven with an input', () => {
    assert.deepEqual(layouts({ instruction: 'Add.', input: '2, 3', output: '5' }), [
      'Add.\n\n2, 3\n\n5<|endoftext|>',
      'Add.\n\n2, 3\n\nOutput: 5<|endoftext|>',
      'Add.\n\nInput: 2, 3\n\nOutput: 5<|endoftext|>',
      'Add.\n2, 3\n\n5<|endoftext|>',
      'Add.\nInput: 2, 3\nOutput: 5<|endoftext|>',
      'Task: Add.\n\n2, 3\n\n5<|endoftext|>',
      'Task: Add.\nInput: 2, 3\nOutput: 5<|endoftext|>',
    ]);
  });

  it('lose the name of an only field in half of the draws, and two line breaks become one', () => {
    const inputs = (input: string) =>
      new Set(
        layouts({ instruction: 'Add.', input, output: '5' }).map(
          (text) => /(?:List: )?2[^5]*?3/.exec(text)?.[0],
        ),
      );
    assert.deepEqual([...inputs('List: 2\n\n3')].sort(), ['2\n3', 'List: 2\n\n3']);
    const two = layouts({ instruction: 'Add.', input: 'A: 2 B: 3', output: '5' });
    assert.ok(two.every((text) => text.includes('A: 2 B: 3')));
  });

  it('are none twice, and a function of the run’s seed and their place', () => {
    const row = { instruction: 'Say it.', input: '', output: 'It' };
    const rows = finetuningRows(new Array(100).fill(row), 1);
    assert.equal(rows.length, 6);
    assert.deepEqual(finetuningRows(new Array(100).fill(row), 1), rows);
  });
});
