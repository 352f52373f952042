import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStructured } from '../../../../../activities/generate/parse/parse-structured.ts';
import fc from '../../../../property.ts';

const FIRST = { instruction: 'Name a colour.', input: '', output: 'Red' };
const SECOND = { instruction: 'Quote "it", [1] and {2}.', input: 'a\\', output: '"}]' };
const whole = JSON.stringify({ tasks: [FIRST, SECOND] });

describe('reading a structured answer', () => {
  it('takes every task of the list', () => {
    assert.deepEqual(parseStructured(whole), {
      parsed: [
        { segment: 0, ...FIRST },
        { segment: 1, ...SECOND },
      ],
      segments: 2,
    });
  });

  it('trims, and reads the mark for no input in any case', () => {
    const marked = { instruction: ' Name it. ', input: '<NoInput>', output: 'It\n' };
    assert.deepEqual(parseStructured(JSON.stringify({ tasks: [marked] })).parsed, [
      { segment: 0, instruction: 'Name it.', input: '', output: 'It' },
    ]);
  });

  it('keeps what is whole of an answer that was cut, and drops the task it broke off in', () => {
    const cut = whole.slice(0, whole.indexOf('Quote') + 4);
    assert.deepEqual(parseStructured(cut), { parsed: [{ segment: 0, ...FIRST }], segments: 2 });
    const betweenTwo = parseStructured(`${whole.slice(0, -2)}, `);
    assert.deepEqual([betweenTwo.parsed.length, betweenTwo.segments], [2, 2]);
  });

  it('takes an element as one, whatever JSON it is', () => {
    const answer = `{"tasks" : [["a", "b"], null, ${JSON.stringify(FIRST)}], "more": [1, 2]}`;
    assert.deepEqual(parseStructured(answer), { parsed: [{ segment: 2, ...FIRST }], segments: 3 });
  });

  it('counts what has not the form as malformed, and reads on after it', () => {
    const answer = `{"tasks": [{"instruction": 1}, "text", ${JSON.stringify(FIRST)}, {oops}]}`;
    assert.deepEqual(parseStructured(answer), { parsed: [{ segment: 2, ...FIRST }], segments: 4 });
  });

  for (const answer of ['', 'I cannot.', '{"rows": []}', '{"tasks": []}', '[1, 2', '{"tasks": "none"}']) {
    it(`finds one malformed segment in ${answer || 'nothing'}`, () => {
      assert.deepEqual(parseStructured(answer), { parsed: [], segments: 1 });
    });
  }

  it('reads every list of tasks, and cut anywhere a front of it', () => {
    const task = fc.record({ instruction: fc.string(), input: fc.string(), output: fc.string() });
    fc.assert(
      fc.property(fc.array(task, { maxLength: 6 }), fc.nat(), (tasks, place) => {
        const text = JSON.stringify({ tasks }, null, place % 3);
        const all = parseStructured(text).parsed;
        assert.equal(all.length, tasks.length);
        const front = parseStructured(text.slice(0, place % (text.length + 1))).parsed;
        assert.deepEqual(front, all.slice(0, front.length));
      }),
    );
  });

  it('never throws', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('"tasks": [', '{', '}', '[', ']', '"', '\\', ',', '{"instruction":'),
    );
    fc.assert(fc.property(fc.array(piece), (pieces) => parseStructured(pieces.join('')).segments >= 1));
  });
});
