import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { existing } from '../../../../workers/command/place.ts';

describe('a path that was named', () => {
  it('is refused, with what to write, where a shell or a browser would have made it one', async () => {
    for (const [named, meant] of [
      ['~/rows.json', join(homedir(), 'rows.json')],
      ['file:///data/my%20rows.json', '/data/my rows.json'],
    ] as const)
      await assert.rejects(existing(named), {
        code: 'InvalidInput',
        message: `${named} is no path as it is read here. Write ${meant} in its place.`,
      });
  });
});
