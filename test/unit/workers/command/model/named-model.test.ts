import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { existingModel, fetchedModel, namesModel } from '../../../../../workers/command/model/named-model.ts';

describe('a model that is named on the command line', () => {
  it('may be a folder, and no other file', async () => {
    const tiny = builtinPath('tiny-model', 'en');
    assert.equal(await existingModel(tiny), tiny);
    await assert.rejects(existingModel(`${tiny}/config.json`), { message: /is a file; expected a folder/ });
  });

  it('is fetched where its name is one of the hub and no path', async () => {
    for (const other of ['builtin', 'artifact://model/x/y', builtinPath('tiny-model', 'en'), './a'])
      assert.equal(await fetchedModel(other), null, other);
    assert.deepEqual(
      await Promise.all(['a/b', 'hf:a/b', './answers.json', builtinPath('tiny-model', 'en')].map(namesModel)),
      [true, true, false, false],
    );
  });
});
