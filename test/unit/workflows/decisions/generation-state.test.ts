import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bookSeconds,
  firstState,
  type GenerationState,
} from '../../../../workflows/decisions/generation-state.ts';
import { yieldNote } from '../../../../workflows/decisions/screen/generation-notes.ts';
import { answered, paidEstimate, reference } from '../../../workflow/scripted-activities.ts';

const START = 1_000_000;

function begun(): GenerationState {
  return firstState(START, reference('seed-tasks', 175), paidEstimate);
}

describe('a generation that begins', () => {
  it('has nothing asked, answered or accepted', () => {
    const { accepted, taken, next, answered: indices, emptyRequests, pool, observed } = begun();
    assert.deepEqual(
      [accepted, taken, next, indices, emptyRequests, pool, observed],
      [0, 0, 0, [], 0, null, null],
    );
  });
});

describe('the seconds of a request', () => {
  it('are those of requests that were sent: what the ledger answers says nothing of the teacher', () => {
    const state = begun();
    bookSeconds(state, { ...answered(0), sent: 0 }, 0.5);
    bookSeconds(state, { ...answered(1), sent: 5 }, 10);
    assert.deepEqual(state.seconds, { count: 1, sum: 10, squares: 100 });
    bookSeconds(state, { ...answered(2), sent: 1 }, 20);
    assert.deepEqual(state.seconds, { count: 2, sum: 30, squares: 500 });
  });
});

describe('what dedupe has done', () => {
  it('is said in one line', () => {
    const filtered = { 'too-short': 3, 'forbidden-word': 4 };
    const counts = { asked: 40, parsed: 30, malformed: 10, filtered, similar: 5, accepted: 18 };
    assert.equal(yieldNote(counts), '5 too similar, 7 filtered, 10 malformed');
  });
});
