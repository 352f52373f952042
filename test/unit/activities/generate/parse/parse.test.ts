import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ParseOptions, parseAnswer } from '../../../../../activities/generate/parse/parse.ts';
import { strip } from '../../../../../activities/generate/parse/python-text.ts';
import fc from '../../../../property.ts';

const recipe: ParseOptions = { seedTasksPerPrompt: 3, cut: false, repeatsHeading: false };

const TWO = ` Name a colour.
4. Input:
<NoInput>
4. Output:
Red
###
5. Instruction: Sort the words.
5. Input:
pear, fig
5. Output:
fig, pear
`;

const FIRST = { segment: 0, instruction: 'Name a colour.', input: '', output: 'Red' };
const SECOND = { segment: 1, instruction: 'Sort the words.', input: 'pear, fig', output: 'fig, pear' };

describe('parsing an answer', () => {
  it('takes instruction, input and output of every segment', () => {
    assert.deepEqual(parseAnswer(TWO, recipe), { parsed: [FIRST, SECOND], segments: 2 });
  });

  it('drops the last segment of an answer that was cut, and keeps the rest', () => {
    assert.deepEqual(parseAnswer(TWO, { ...recipe, cut: true }), { parsed: [FIRST], segments: 2 });
  });

  it('goes by position: a segment with another number is malformed, and the next is read on', () => {
    const answer = `${TWO.replaceAll('5.', '7.')}###\n6. Instruction: Add two and two.\n6. Input:\n<noinput>\n6. Output:\n4\n`;
    assert.deepEqual(parseAnswer(answer, recipe), {
      parsed: [FIRST, { segment: 2, instruction: 'Add two and two.', input: '', output: '4' }],
      segments: 3,
    });
  });

  it('asks for exactly seven parts', () => {
    assert.deepEqual(parseAnswer(' No parts at all', recipe), { parsed: [], segments: 1 });
    assert.deepEqual(parseAnswer(' A\n4. Input:\nB', recipe).parsed, []);
    assert.deepEqual(parseAnswer(' A\n4. Input:\nB\n4. Output:\nC\n4. Output:\nD', recipe).parsed, []);
  });

  it('wants whitespace after the number, of any kind, and takes the names in any order, as the original does', () => {
    assert.deepEqual(parseAnswer(' A\n4.Input:\nB\n4. Output:\nC', recipe).parsed, []);
    assert.deepEqual(parseAnswer(' A\n4.\u00a0Output:\nB\n4.\n\nInput:\nC', recipe).parsed, [
      { segment: 0, instruction: 'A', input: 'B', output: 'C' },
    ]);
  });

  it('takes the numbers from how many seed tasks were shown', () => {
    const answer = ' A\n9. Input:\nB\n9. Output:\nC';
    assert.equal(parseAnswer(answer, { ...recipe, seedTasksPerPrompt: 8 }).parsed.length, 1);
    assert.equal(parseAnswer(answer, recipe).parsed.length, 0);
  });

  it('forgives a repeated heading only where the profile says that the model has the habit', () => {
    const chatty = `\n###\n4. Instruction:${TWO}`;
    assert.deepEqual(parseAnswer(chatty, { ...recipe, repeatsHeading: true }).parsed, [FIRST, SECOND]);
    assert.deepEqual(parseAnswer(TWO, { ...recipe, repeatsHeading: true }).parsed, [FIRST, SECOND]);
    assert.deepEqual(parseAnswer(`4. Instruction:${TWO}`, recipe).parsed, [SECOND]);
  });

  it('ends the answer itself where the endpoint knows no stop sequences', () => {
    const answer = `${TWO}###\n20. Instruction: Too many.`;
    const stop = ['\n20', '20.', '20.'];
    assert.deepEqual(parseAnswer(answer, { ...recipe, stop }), { parsed: [FIRST, SECOND], segments: 3 });
    assert.deepEqual(parseAnswer(TWO, { ...recipe, stop }).segments, 2);
    assert.deepEqual(parseAnswer(`20.${TWO}`, { ...recipe, stop }), { parsed: [], segments: 1 });
  });

  it('takes an answer that it ended itself as whole, though the teacher went on to its token limit', () => {
    const answer = `${TWO}20. Instruction: Too man`;
    const read = (cut: string) => parseAnswer(cut, { ...recipe, cut: true, stop: ['20.'] }).parsed;
    assert.deepEqual(read(answer), [FIRST, SECOND]);
    assert.deepEqual(read(TWO), [FIRST]);
  });
});

describe('parsing any text', () => {
  it('never throws, and never finds more rows than segments', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('###', '4. Instruction:', '4. Input:', '5. Output:', '\n', '<noinput>'),
    );
    fc.assert(
      fc.property(fc.array(piece), fc.boolean(), (pieces, cut) => {
        const { parsed, segments } = parseAnswer(pieces.join(''), { ...recipe, cut });
        assert.ok(parsed.length <= segments - (cut ? 1 : 0));
      }),
    );
  });

  it('finds again what a faultless teacher wrote', () => {
    const plain = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !text.includes('#') && !/\d\..*:/s.test(text) && text.toLowerCase() !== '<noinput>')
      .map(strip);
    const row = fc.record({ instruction: plain, input: plain, output: plain });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 17 }), (rows) => {
        const answer = rows
          .map(({ instruction, input, output }, index) => {
            const number = index + 4;
            const heading = index === 0 ? '' : `###\n${number}. Instruction:`;
            return `${heading} ${instruction}\n${number}. Input:\n${input || '<noinput>'}\n${number}. Output:\n${output}\n`;
          })
          .join('');
        assert.deepEqual(
          parseAnswer(answer, recipe).parsed,
          rows.map((expected, segment) => ({ segment, ...expected })),
        );
      }),
    );
  });
});
