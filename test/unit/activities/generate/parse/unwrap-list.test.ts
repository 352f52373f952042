import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAnswer } from '../../../../../activities/generate/parse/parse.ts';
import { unwrapList } from '../../../../../activities/generate/parse/unwrap-list.ts';
import fc from '../../../../property.ts';

const LIST = `4. Instruction: Name a colour.
4. Input:
<noinput>
4. Output:
Red
###
5. Instruction: Sort the words.
5. Input:
pear, fig
5. Output:
fig, pear`;
const WITHOUT_HEADING = LIST.slice('4. Instruction:'.length);

const EXPECTED = [
  { segment: 0, instruction: 'Name a colour.', input: '', output: 'Red' },
  { segment: 1, instruction: 'Sort the words.', input: 'pear, fig', output: 'fig, pear' },
];

describe('a list that a chat model wraps', () => {
  const bold = LIST.replace(/^(\d\. \w+):/gm, '**$1:**');
  for (const [how, answer] of [
    ['in a code fence', `\`\`\`\n${LIST}\n\`\`\``],
    ['in a code fence with a language', `\`\`\`text\n${LIST}\n\`\`\`\n`],
    ['in a code fence, going on without the heading', `\`\`\`\n${WITHOUT_HEADING}\n\`\`\``],
    ['after an opening sentence', `Sure, here are 17 more tasks:\n\n${LIST}`],
    ['after an opening sentence without the heading', `Certainly! Here is more:\n\n${WITHOUT_HEADING}`],
    ['after an opening of any words', `The collection goes on below.\n\n###\n${LIST}`],
    [
      'between an opening and a closing sentence',
      `Sure! Here they are:\n\n${LIST}\n\nLet me know if you would like more tasks!`,
    ],
    [
      'in a fence between sentences',
      `Sure, here are the tasks:\n\n\`\`\`\n${LIST}\n\`\`\`\n\nThese tasks cover many subjects.`,
    ],
    ['in bold headings', bold],
    ['in bold headings with the colon outside', LIST.replace(/^(\d\. \w+):/gm, '**$1**:')],
    ['in bold names', LIST.replace(/^(\d\. )(\w+):/gm, '$1**$2:**')],
    ['in bold headings between sentences', `Of course! Here you go:\n\n${bold}`],
  ] as const) {
    it(`is read ${how}`, () => {
      assert.deepEqual(parse(answer, true).parsed, EXPECTED);
    });
  }

  it('keeps code fences of the tasks themselves', () => {
    const code = LIST.replace('Red', '```js\nlet red;\n```');
    const read = (answer: string) => parse(answer, true).parsed.map(({ output }) => output);
    assert.deepEqual(read(code), ['```js\nlet red;\n```', 'fig, pear']);
    assert.deepEqual(read(`\`\`\`\n${code}\n\`\`\``), ['```js\nlet red;\n```', 'fig, pear']);
    const last = LIST.replace('fig, pear', '```js\nlet fig;\n```');
    assert.deepEqual(read(last), ['Red', '```js\nlet fig;\n```']);
    assert.deepEqual(read(`\`\`\`\n${last}\n\`\`\``), ['Red', '```js\nlet fig;\n```']);
  });

  it('keeps the last words of a letter, which are no closing of the list', () => {
    const letter = `${LIST}\n\nLet me know if you have any questions.`;
    assert.deepEqual(
      parse(`Sure, here are the tasks:\n\n${letter}`, true).parsed.at(-1)?.output,
      'fig, pear\n\nLet me know if you have any questions.',
    );
  });
});

describe('a list that is not wrapped', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      'Sure, sort it:',
      '```',
      '**bold**',
      'Here are some words:',
      'Let me know of more tasks.',
    ),
  );
  const row = fc.record({ instruction: text, input: text, output: text });

  it('comes back as it is, whatever its tasks say', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
        const list = rows
          .map(({ instruction, input, output }, index) => {
            const number = index + 4;
            const heading = index === 0 ? '' : `###\n${number}. Instruction:`;
            return `${heading} Do this: ${instruction}\n${number}. Input:\n${input}\n${number}. Output:\n${output}\n`;
          })
          .join('');
        assert.equal(unwrapList(list, 4), list);
        assert.deepEqual(parse(list, true), parse(list, false));
      }),
    );
  });
});

function parse(answer: string, wrapsList: boolean) {
  return parseAnswer(answer, { seedTasksPerPrompt: 3, cut: false, repeatsHeading: false, wrapsList });
}
