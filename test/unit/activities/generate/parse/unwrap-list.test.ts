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
    ['in a fence that is indented', `  \`\`\`text  \n${LIST}\n  \`\`\`  \n`],
    [
      'after blank lines with spaces in them',
      `\n Sure, here is more:  \n  \n\n \n\`\`\`text  \n${WITHOUT_HEADING}\n\`\`\``,
    ],
    ['in a fence with spaces after it, going on', ` \`\`\`text \t\n${WITHOUT_HEADING}\n\`\`\``],
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

  it('loses only the last paragraph, and only where that speaks of the list', () => {
    for (const gap of ['\n\n', '\n \n  ']) {
      const output = `fig, pear${gap}and plum`;
      const last = (closing: string) =>
        parse(`Here are more:\n\n${LIST}${gap}and plum${gap}${closing}`, true).parsed.at(-1)?.output;
      for (const closing of [
        'I hope this example helps.\n',
        'Let me know if an instruction is unclear.',
        'Feel free to ask me for another task, or to change these.',
      ])
        assert.equal(last(closing), output, closing);
      for (const closing of ['Say whether these tasks please you.', 'These tasks are two.\nOr three.'])
        assert.equal(last(closing), `${output}${gap}${closing}`, closing);
    }
  });

  it('ends at the last fence only where that closes the one before the list', () => {
    const last = (opening: string, output: string) =>
      parse(`${opening}\n${LIST.replace('fig, pear', output)}`, true).parsed.at(-1)?.output;
    const code = '```js\nlet fig;\n```';
    // An answer that was cut has no closing fence.
    assert.equal(last('```', code), code);
    assert.equal(last('```', 'Type ```\n``` begins it\n```'), 'Type ```\n``` begins it');
    // A fence within a sentence of the opening opens none.
    assert.equal(last('Code stands in ```', '```\nfig'), '```\nfig');
    assert.equal(last('``` is for code', '```\nfig'), '```\nfig');
  });

  it('has headings in bold of any number, with spaces, at the start of a line', () => {
    for (const [answer, plain] of [
      ['**10.  Input:** x', '10.  Input: x'],
      ['10.  **Output**: x', '10.  Output: x'],
      ['### **4. Instruction:** x', '### 4. Instruction: x'],
      ['  **4. Input**: x', '  4. Input: x'],
      ['as in **4. Input:** x', 'as in **4. Input:** x'],
      ['a\n#b **4. Input:** x', 'a\n#b **4. Input:** x'],
    ] as const)
      assert.equal(unwrapList(answer, 99), plain);
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

  it('keeps what looks like a closing sentence', () => {
    for (const list of [LIST, WITHOUT_HEADING, `\n${LIST}`].map((list) => `${list}\n\nThis list is done.`))
      assert.equal(unwrapList(list, 4), list);
  });

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
