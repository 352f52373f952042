import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limits } from '../../../../workers/command/limits.ts';
import { openTerminal } from '../../../../workers/command/terminal.ts';

describe('alpaca limits', () => {
  const refused = (options: Parameters<typeof limits>[1], message: RegExp) =>
    assert.rejects(limits('openai', options, openTerminal({})), message);

  it('refuses what is no limit before it looks for a server', async () => {
    await refused({ tokens: '0' }, /--tokens is a whole number from 1, not 0/);
    await refused({ requests: 'many' }, /--requests is a whole number from 1, not many/);
    await refused({ reset: true, tokens: '5' }, /--reset goes without/);
  });
});
