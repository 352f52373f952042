import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodePlace } from '../../../../../workflows/contracts/train/nodes.ts';
import { Gathering } from '../../../../../workflows/decisions/train/gathering.ts';

const FIRST: NodePlace = {
  ...{ group: 3, node: 0, address: '10.0.0.2', port: 29_500 },
  checkpoint: { uri: 'artifact://checkpoint/a', sha256: 'a', bytes: 1, rows: 0 },
  bestStep: 12,
};
const SECOND: NodePlace = { ...FIRST, node: 1, address: '10.0.0.3', checkpoint: null, bestStep: null };

describe('gathering the nodes of a shard', () => {
  it('tells nobody where to meet until all are there, whoever comes first', () => {
    const gathering = new Gathering(3, 2);
    gathering.join(SECOND);
    assert.deepEqual([gathering.came, gathering.isComplete, gathering.rendezvous()], [1, false, null]);
    gathering.join(FIRST);
    const { group: _group, node: _node, ...place } = FIRST;
    assert.deepEqual(gathering.rendezvous(), place);
  });

  it('takes the word of a worker that was started anew for its node', () => {
    const gathering = new Gathering(3, 2);
    gathering.join({ ...FIRST, address: '10.0.0.9' });
    gathering.join(FIRST);
    assert.equal(gathering.came, 1);
    gathering.join(SECOND);
    assert.equal(gathering.rendezvous()?.address, '10.0.0.2');
  });

  it('has no place for a worker of another try, for a node too many, and for anybody once it is over', () => {
    const gathering = new Gathering(3, 2);
    assert.equal(gathering.refusal(SECOND), null);
    assert.equal(gathering.refusal({ ...SECOND, group: 2 }), 'try 2 at the shard is over');
    assert.equal(gathering.refusal({ ...SECOND, node: 2 }), 'the shard has 2 nodes, and no node 2');
    gathering.end();
    assert.equal(gathering.refusal(SECOND), 'try 3 at the shard is over');
  });
});
