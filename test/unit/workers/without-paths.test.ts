import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutPaths } from '../../../workers/without-paths.ts';

describe('a message for a visitor', () => {
  it('has no folder of the machine in it', () => {
    for (const [message, shown] of [
      [
        'The store /home/ada/.alpaca/store has no artifact://rows/ab/x.jsonl.',
        'The store …/store has no artifact://rows/ab/x.jsonl.',
      ],
      ['/srv/a/b/model.json has the digest 12, not 34.', '…/model.json has the digest 12, not 34.'],
      ['It is at "/srv/a b/c" (~/x/y).', 'It is at "…/a b/c" (…/y).'],
      ['In C:\\Users\\ada\\store it is.', 'In …/store it is.'],
      ['Its result: npx alpaca rate --result a/b', 'Its result: npx alpaca rate --result a/b'],
      ['Ask http://127.0.0.1:1/v1/models.', 'Ask http://127.0.0.1:1/v1/models.'],
    ] as const)
      assert.equal(withoutPaths(message), shown);
  });
});
