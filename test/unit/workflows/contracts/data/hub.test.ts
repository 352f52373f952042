import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FETCHED_NAME, fetchedName, hubModel, hubRows } from '../../../../../workflows/contracts/data/hub.ts';

describe('a name of the hub', () => {
  it('of a model is OWNER/NAME, with hf: and a revision or without', () => {
    for (const named of ['HuggingFaceTB/SmolLM2-135M', 'hf:HuggingFaceTB/SmolLM2-135M'])
      assert.deepEqual(hubModel(named), {
        ...{ type: 'model', name: 'HuggingFaceTB/SmolLM2-135M', revision: 'main' },
      });
    assert.deepEqual(hubModel('a/b.c@refs/pr/1'), { type: 'model', name: 'a/b.c', revision: 'refs/pr/1' });
    for (const other of ['a', 'a/b/c', './a/b', '/a/b', 'a/b@', 'a/b@../../c', 'a/-b', 'a/b#c'])
      assert.equal(hubModel(other), null, other);
  });

  it('of rows is hf:OWNER/NAME, with a revision and a part where they are needed', () => {
    const rows = { type: 'dataset', name: 'tatsu-lab/alpaca', revision: 'main', part: null };
    assert.deepEqual(hubRows('hf:tatsu-lab/alpaca'), rows);
    assert.deepEqual(hubRows('hf:tatsu-lab/alpaca@refs/convert/parquet#default/train'), {
      ...{ ...rows, revision: 'refs/convert/parquet', part: 'default/train' },
    });
    assert.deepEqual(hubRows('hf:a/b#data/my rows.json'), {
      ...rows,
      name: 'a/b',
      part: 'data/my rows.json',
    });
    for (const other of ['tatsu-lab/alpaca', 'hf:alpaca', 'hf:a/b#', 'hf:a/b@..#c', 'hf:'])
      assert.equal(hubRows(other), null, other);
  });

  it('stands in a release with its commit and part, of which cards take the name', () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    assert.deepEqual(fetchedName(`a/b@${commit}#default/train`), {
      name: 'a/b',
      commit,
      part: 'default/train',
    });
    assert.deepEqual(fetchedName('a/b'), { name: 'a/b', commit: null, part: null });
    for (const good of ['a/b', 'gpt2', `a/b@${commit}`]) assert.match(good, FETCHED_NAME);
    for (const bad of ['a/b@main', 'a/b/c', '', `a/b@${commit}#\n`]) assert.doesNotMatch(bad, FETCHED_NAME);
  });
});
