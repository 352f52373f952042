import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Vote } from '../../../../workflows/contracts/rate.ts';
import { emptyBallot, faultOf, takeVotes } from '../../../../workflows/decisions/ballot.ts';
import fc from '../../../property.ts';

const vote = (item: number, revision: number, choice: Vote['choice']): Vote => ({ item, revision, choice });

describe('a ballot', () => {
  it('takes a vote once, however often it is sent', () => {
    const once = takeVotes(emptyBallot(3), [vote(1, 1, 'first')]);
    assert.deepEqual(once.ballot, { letters: '.1.', revisions: [0, 1, 0] });
    assert.deepEqual(once.answer, { standing: [vote(1, 1, 'first')], rated: 1 });
    assert.deepEqual(takeVotes(once.ballot, [vote(1, 1, 'first')]), once);
  });

  it('keeps the first vote of a revision, and says that it stands', () => {
    const { ballot } = takeVotes(emptyBallot(1), [vote(0, 1, 'first')]);
    const second = takeVotes(ballot, [vote(0, 1, 'second')]);
    assert.deepEqual(second, { ballot, answer: { standing: [vote(0, 1, 'first')], rated: 1 } });
  });

  it('changes a vote by undo and a new revision, and is not moved by an old one that comes late', () => {
    const { ballot } = takeVotes(emptyBallot(1), [
      vote(0, 1, 'first'),
      vote(0, 2, 'open'),
      vote(0, 3, 'tie'),
      vote(0, 2, 'open'),
      vote(0, 1, 'first'),
    ]);
    assert.deepEqual(ballot, { letters: '=', revisions: [3] });
  });

  it('takes no vote on an item that it has not, and says that none stands', () => {
    const before = emptyBallot(1);
    const answer = { standing: [vote(3, 0, 'open')], rated: 0 };
    assert.deepEqual(takeVotes(before, [vote(3, 1, 'first')]), { ballot: before, answer });
  });

  it('comes out the same for votes repeated and in any order', () => {
    const choices = fc.constantFrom('first', 'second', 'tie', 'skip', 'open');
    const list = fc.array(
      fc.record({ item: fc.nat(4), revision: fc.integer({ min: 1, max: 4 }), choice: choices }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(list, fc.infiniteStream(fc.nat()), (given, noise) => {
        // A page sends one choice for each revision of an item.
        const votes = [...new Map(given.map((each) => [`${each.item} ${each.revision}`, each])).values()];
        const orderly = takeVotes(emptyBallot(5), votes).ballot;
        const shuffled = [...votes, ...votes]
          .map((each) => ({ each, at: noise.next().value ?? 0 }))
          .sort((left, right) => left.at - right.at)
          .map(({ each }) => each);
        assert.deepEqual(takeVotes(emptyBallot(5), shuffled).ballot, orderly);
      }),
    );
  });
});

describe('what is wrong with votes', () => {
  it('is nothing where there is nothing', () => {
    assert.equal(faultOf([vote(2, 1, 'skip')], 'pairwise', 3), null);
    assert.equal(faultOf([vote(2, 1, 'D')], 'abcd', 3), null);
  });

  it('is said in words', () => {
    const faults = [
      [[], 'votes: '],
      ['first', 'votes: '],
      [[{ item: 0, revision: 0, choice: 'first' }], 'votes.0.revision: Too small'],
      [[{ item: -1, revision: 1, choice: 'first' }], 'votes.0.item: '],
      [[{ item: 0, revision: 1, choice: 'best' }], 'votes.0.choice: '],
      [[{ item: 0, revision: 1, choice: 'first', name: 'x' }], 'votes.0: '],
      [[vote(3, 1, 'first')], 'there is no item 3, only 3 from 0'],
      [[vote(0, 1, 'A')], 'A is no choice here: first, second, tie, skip, open are'],
      [Array.from({ length: 65 }, () => vote(0, 1, 'tie')), 'votes: '],
    ] as const;
    for (const [given, start] of faults) {
      const fault = faultOf(given, 'pairwise', 3);
      assert.ok(fault?.startsWith(start), `${JSON.stringify(given).slice(0, 60)}: ${fault}`);
    }
  });
});
