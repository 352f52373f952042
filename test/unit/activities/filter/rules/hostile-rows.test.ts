import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultOf } from '../../../../../activities/filter/rules/rules.ts';
import { filterWordsOf } from '../../../../../activities/filter/words/filter-words.ts';
import { filterRule } from '../../../../../workflows/contracts/filter.ts';

/** A megabyte of each, which an expression that goes back would take hours over. */
const BYTES = 1 << 20;
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
const BEGINNINGS = ['', '{"', '[1', '```js\n(', '```python\n(', '1 = ', 'I am sorry '];

describe('rows that are made to take long', () => {
  for (const rule of filterRule.options)
    it(`are looked at in time by the rule ${rule}`, () => {
      const longest = { ms: 0, what: '' };
      for (const language of ['en', 'ko'] as const) {
        const words = filterWordsOf(language);
        for (const beginning of BEGINNINGS)
          for (const piece of PIECES) {
            const text = beginning + piece.repeat(Math.ceil(BYTES / piece.length)).slice(0, BYTES);
            const begun = process.cpuUsage();
            faultOf(
              { instruction: 'Name a thing as JSON.', input: '', output: text },
              new Set([rule]),
              words,
            );
            if (beginning === '')
              faultOf({ instruction: text, input: text, output: text }, new Set([rule]), words);
            const { user } = process.cpuUsage(begun);
            if (user / 1000 > longest.ms)
              Object.assign(longest, { ms: user / 1000, what: beginning + piece });
          }
      }
      assert.ok(longest.ms < 3000, JSON.stringify(longest));
    });
});
