import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultOf } from '../../../../../activities/filter/rules/rules.ts';
import { filterWordsOf } from '../../../../../activities/filter/words/filter-words.ts';
import { type FilterRule, filterRule } from '../../../../../workflows/contracts/filter.ts';

/** Time in proportion to this is milliseconds; to its square, a second or more. */
const CHARACTERS = 50_000;
/** Of the processor, whoever else uses it. */
const MOST_MS = 700;

const PIECES = [
  ...[
    ' ',
    '\n',
    '\t \n',
    'a',
    'A',
    '가',
    'é ',
    '.',
    '. ',
    ',',
    ':',
    '"',
    '`',
    '``',
    '~',
    '<',
    '<|',
    '<|a',
    '<s>',
    '</s> ',
  ],
  ...[
    '[',
    '{',
    '{"',
    '{"a":',
    '"a":',
    '(',
    ')',
    '\\',
    '/',
    '//',
    '/*',
    '#',
    '### ',
    '1. ',
    '- ',
    '1',
    '1,',
    '1 + ',
    '1=',
    '= ',
  ],
  ...[
    'x',
    'x 1',
    '$1',
    '-1',
    '1-',
    '12-',
    '1234 ',
    '1234-',
    'a@',
    'a@a.',
    '@',
    'DE89 ',
    'A1',
    '010-',
    'the ',
    'de la ',
    "I can't ",
  ],
  ...[
    '```\n',
    '```js\n',
    '```python\nx\n```\n',
    '```json\n{\n```\n',
    '    ',
    'sorry ',
    'mod ',
    '?',
    '!',
    '。',
    '\u{1F600}',
    '\uD800',
  ],
];
const BEGINNINGS: Partial<Record<FilterRule, readonly string[]>> = {
  json: ['{"', '[1', '```json\n'],
  code: ['```js\n(', '```python\n'],
  arithmetic: ['1 = '],
};

describe('rows that are made to take long', () => {
  for (const rule of filterRule.options)
    it(`are looked at in time by the rule ${rule}`, () => {
      const longest = { ms: 0, text: '' };
      for (const beginning of ['', ...(BEGINNINGS[rule] ?? [])])
        for (const piece of PIECES) {
          const end = beginning.startsWith('`') ? '\n```' : '';
          const text = beginning + piece.repeat(CHARACTERS).slice(0, CHARACTERS) + end;
          const task = beginning === '' ? text : 'Name it as JSON.';
          const begun = process.cpuUsage();
          faultOf({ instruction: task, input: task, output: text }, new Set([rule]), filterWordsOf('en'));
          const ms = process.cpuUsage(begun).user / 1000;
          if (ms > longest.ms) Object.assign(longest, { ms, text: text.slice(0, 30) });
        }
      assert.ok(longest.ms < MOST_MS, JSON.stringify(longest));
    });
});
