import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { planMemoryOf } from '../../../../../workers/command/steps/plan-memory.ts';
import { openTerminal } from '../../../../../workers/command/terminal.ts';

describe('a plan of memory', () => {
  it('is refused for rows that the model has no positions for', async () => {
    const out = Object.assign(new PassThrough(), { isTTY: false });
    const model = builtinPath('tiny-model', 'en');
    await assert.rejects(planMemoryOf({ model, maxLength: '1024' }, openTerminal({}, { out, error: out })), {
      code: 'InvalidInput',
      message: `maxLength is 1024, and the model ${model} has 512 positions. Set maxLength to 512 or less.`,
    });
  });
});
