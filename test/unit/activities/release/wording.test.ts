import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wordingSources } from '../../../../activities/release/wording.ts';

describe('the wording of a release’s cards', () => {
  it('is of the files that word them, and of those that measure and format what they say', () => {
    const sources = wordingSources().map(({ pathname }) => pathname.split('/activities/')[1]);
    for (const source of [
      'release/cards/dataset-card.ts',
      'release/cards/datasheet-questions.ts',
      'release/cards/model-card.ts',
      'release/release-contents.ts',
      'document/data-statistics.ts',
      'document/markdown.ts',
    ])
      assert.ok(sources.includes(source), `${source} is not among ${sources.join(', ')}`);
  });
});
