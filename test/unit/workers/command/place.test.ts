import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { existing, existingModel } from '../../../../workers/command/place.ts';

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

  it('is looked at where it is to be a model: a name at the hub is told how to fetch it', async () => {
    const tiny = builtinPath('tiny-model', 'en');
    assert.equal(await existingModel(tiny), tiny);
    await assert.rejects(existingModel('HuggingFaceTB/SmolLM2-135M'), {
      code: 'NotFound',
      message:
        'There is no folder HuggingFaceTB/SmolLM2-135M. Where it is a name at the Hugging Face hub, fetch it first: hf download HuggingFaceTB/SmolLM2-135M --local-dir FOLDER, and name the folder.',
    });
    await assert.rejects(existingModel(join(tiny, 'config.json')), {
      message: /is a file; expected a folder/,
    });
  });
});
