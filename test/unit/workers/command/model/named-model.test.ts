import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { existingModel, nameAtHub, namesModel } from '../../../../../workers/command/model/named-model.ts';

describe('a model that is named on the command line', () => {
  it('may be a folder, and no other file', async () => {
    const tiny = builtinPath('tiny-model', 'en');
    assert.equal(await existingModel(tiny), tiny);
    await assert.rejects(existingModel(`${tiny}/config.json`), { message: /is a file; expected a folder/ });
  });

  it('has a name at the hub where it is that and no path', async () => {
    assert.equal(await nameAtHub('HuggingFaceTB/SmolLM2-135M@v1'), 'HuggingFaceTB/SmolLM2-135M');
    for (const other of ['builtin', 'artifact://model/x/y', builtinPath('tiny-model', 'en'), './a'])
      assert.equal(await nameAtHub(other), null, other);
    assert.deepEqual(
      await Promise.all(['a/b', './answers.json', builtinPath('tiny-model', 'en')].map(namesModel)),
      [true, false, false],
    );
  });
});
