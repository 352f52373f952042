import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readInstances } from '../../../../../activities/generate/self-instruct/read-instances.ts';

const completions = { repeatsHeading: false, wrapsList: false, thinkingMarks: null };
const chat = { repeatsHeading: true, wrapsList: true, thinkingMarks: null };

function read(text: string, isClassification: boolean, profile = completions, finishReason = 'stop') {
  const answer = readInstances({ text, finishReason, outcome: 'answered' }, isClassification, profile);
  const { instances, ...counts } = answer;
  return { rows: instances.map(({ segment, input, output }) => [segment, input, output]), ...counts };
}

describe('instances whose input comes first', () => {
  it('are one for each example, the input with the name of its fields', () => {
    const text = 'Example 1\nInput: 2 and 3\nOutput: 5\nExample 2\nNumbers: 4 and 5\nOutput: 9\n';
    assert.deepEqual(read(text, false), {
      rows: [
        [0, '2 and 3', '5'],
        [1, 'Numbers: 4 and 5', '9'],
      ],
      asked: 2,
      parsed: 2,
      dropped: {},
    });
  });

  it('are one without an example, where there is an output', () => {
    assert.deepEqual(read('Output: Lima\nInput 2: Chile', false).rows, [[0, '', 'Lima']]);
    assert.deepEqual(read('Input: Peru\nOutput 1 : Lima', false).rows, [[0, 'Peru', 'Lima']]);
  });

  it('are none without either: that has no form', () => {
    assert.deepEqual(read('The capital is Lima.', false), { rows: [], asked: 1, parsed: 0, dropped: {} });
  });

  it('are dropped where the output is empty or the input, and where one of them ends with a colon', () => {
    const text =
      'Example 1\nInput: a\nOutput:\nExample 2\nInput: b\nOutput: b\nExample 3\nInput: c:\nOutput: d\nExample 4\nInput: e\nOutput: f';
    assert.deepEqual(read(text, false), {
      rows: [[3, 'e', 'f']],
      asked: 4,
      parsed: 4,
      dropped: { 'output-empty': 1, 'input-is-output': 1, 'ends-with-colon': 1 },
    });
  });

  it('are dropped all together where one input has two outputs', () => {
    const text =
      'Example 1\nInput: a\nOutput: b\nExample 2\nInput: a\nOutput: c\nExample 3\nInput: d\nOutput: e';
    assert.deepEqual(read(text, false), { rows: [], asked: 3, parsed: 3, dropped: { 'input-twice': 3 } });
    assert.equal(read('Example 1\nOutput: b\nExample 2\nOutput: c', false).rows.length, 2);
  });

  it('are kept once where they are the same', () => {
    const text = 'Example 1\nInput: a\nOutput: b\nExample 2\nInput: a\nOutput: b';
    assert.deepEqual(read(text, false), {
      rows: [[0, 'a', 'b']],
      asked: 2,
      parsed: 2,
      dropped: { 'same-instance': 1 },
    });
  });

  it('lose the last one where something else than the model ended the answer', () => {
    const text = 'Example 1\nInput: a\nOutput: b\nExample 2\nInput: c\nOutput: d';
    assert.deepEqual(read(text, false, completions, 'length'), {
      rows: [[0, 'a', 'b']],
      asked: 2,
      parsed: 1,
      dropped: {},
    });
  });

  it('end before the sixth, and before another task, at an endpoint that does not stop', () => {
    const text = Array.from({ length: 7 }, (_, at) => `Example ${at + 1}\nInput: ${at}\nOutput: o${at}`).join(
      '\n',
    );
    assert.equal(read(text, false, completions, 'length').rows.length, 5);
    assert.deepEqual(read('Output: Lima\n\nTask: Name a river.\nOutput: Nile', false).rows, [
      [0, '', 'Lima'],
    ]);
  });
});

describe('instances whose output comes first', () => {
  it('are a label and what stands beneath it', () => {
    const text =
      'Class label: Positive\nIt was\nlovely.\nClass label: Negative\nIt was dull.\nClass label: Mixed';
    assert.deepEqual(read(text, true), {
      rows: [
        [0, 'It was\nlovely.', 'Positive'],
        [1, 'It was dull.', 'Negative'],
        [2, '', 'Mixed'],
      ],
      asked: 3,
      parsed: 3,
      dropped: {},
    });
  });

  it('are five at the most: the first ones', () => {
    const text = [1, 2, 3, 4, 5, 6, 7].map((label) => `Class label: ${label}\ninput ${label}`).join('\n');
    const { rows, dropped } = read(text, true);
    assert.deepEqual(rows.at(-1), [4, 'input 5', '5']);
    assert.deepEqual(dropped, { 'beyond-five': 2 });
  });

  it('are none where no label is named', () => {
    assert.deepEqual(read('Positive\nIt was lovely.', true), { rows: [], asked: 1, parsed: 0, dropped: {} });
  });
});

describe('what a chat model wraps around instances', () => {
  it('is taken away', () => {
    for (const text of [
      'Task: Add them.\nExample 1\nInput: 2 and 3\nOutput: 5',
      'Sure, here is one:\n\n**Example 1**\n**Input:** 2 and 3\n**Output:** 5',
      '```\nExample 1\nInput: 2 and 3\nOutput: 5\n```',
    ])
      assert.deepEqual(read(text, false, chat).rows, [[0, '2 and 3', '5']], text);
    for (const heading of ['Example 1\nInput: add\n', ''])
      assert.deepEqual(read(`${heading}Output:\n\`\`\`python\na + b\n\`\`\``, false, chat).rows, [
        [0, heading === '' ? '' : 'add', '```python\na + b\n```'],
      ]);
    assert.deepEqual(read('Numbers:\n2 and 3\nOutput: 5', false, chat).rows, [[0, 'Numbers:\n2 and 3', '5']]);
    assert.deepEqual(read('**Class label:** Yes\nIt rains.', true, chat).rows, [[0, 'It rains.', 'Yes']]);
  });
});

it('an instance that is no text is dropped by its fault, and a refusal has none', () => {
  assert.deepEqual(read('Output: a\0b', false).dropped, { nul: 1 });
  const refused = { text: 'No.', finishReason: 'content_filter', outcome: 'refused' as const };
  assert.deepEqual(readInstances(refused, true, chat), { instances: [], asked: 0, parsed: 0, dropped: {} });
});
