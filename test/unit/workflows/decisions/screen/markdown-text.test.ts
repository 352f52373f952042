import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { markdownText } from '../../../../../workflows/decisions/screen/markdown-text.ts';

describe('text in Markdown', () => {
  for (const [what, text, expected] of [
    ['a formula', 'it costs $1, not $2', 'it costs \\$1, not \\$2'],
    ['code and emphasis', 'a `b` *c* ~d~', 'a \\`b\\` \\*c\\* \\~d\\~'],
    [
      'underscores at the edge of a word alone',
      '_a_ job_1 in_progress __',
      '\\_a\\_ job_1 in_progress \\_\\_',
    ],
    ['bars and backslashes', 'a|b \\n', 'a\\|b \\\\n'],
    ['tags, entities and links', '<b> & &lt; a & b; [x](y)', '\\<b> & \\&lt; a & b; \\[x](y)'],
    ['lines', ' 502\n\n# Bad\r\nGateway\n', '502 # Bad Gateway'],
  ] as const) {
    it(`is shown as it is: ${what}`, () => assert.equal(markdownText(text), expected));
  }
});
