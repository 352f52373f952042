import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isAtLimit,
  isBrokenOff,
  isFiltered,
  isWholeEnd,
} from '../../../../../activities/teacher/answer/ends.ts';

describe('the end of an answer', () => {
  const judged = (end: string) =>
    [isWholeEnd(end) && 'whole', isFiltered(end) && 'filtered', isBrokenOff(end) && 'broken off'].filter(
      Boolean,
    );
  for (const end of ['stop', 'STOP', 'eos', 'eos_token', 'end_turn', 'stop_sequence', 'COMPLETE'])
    it(`is the model’s own where it is "${end}"`, () => assert.deepEqual(judged(end), ['whole']));
  for (const end of [
    'length',
    'max_tokens',
    'MAX_TOKENS',
    'model_length',
    'tool_calls',
    'model_context_window_exceeded',
    'unheard of',
  ])
    it(`cuts the answer where it is "${end}"`, () => assert.deepEqual(judged(end), []));
  for (const end of ['content_filter', 'content-filter', 'SAFETY', 'RECITATION', 'sensitive', 'refusal'])
    it(`is a filter’s where it is "${end}"`, () => assert.deepEqual(judged(end), ['filtered']));
  for (const end of ['error', 'ERROR', 'abort', 'network_error', 'insufficient_system_resource', 'cancelled'])
    it(`is a failing server’s where it is "${end}"`, () => assert.deepEqual(judged(end), ['broken off']));
});

describe('an answer’s tokens', () => {
  const at = (tokens: number, details: object = {}) =>
    isAtLimit({ completion_tokens: tokens, ...details }, 100);
  const thought = (tokens: number) => ({ completion_tokens_details: { reasoning_tokens: tokens } });

  it('reach the limit where there are as many, thinking included, or more', () => {
    assert.deepEqual([at(99), at(100), at(101)], [false, true, true]);
    assert.equal(at(100, thought(40)), true);
  });

  it('are those of the total beside the prompt where the endpoint states no other, and by other names', () => {
    const total = (tokens: number) => isAtLimit({ prompt_tokens: 12, total_tokens: 12 + tokens }, 100);
    assert.deepEqual([total(99), total(100)], [false, true]);
    assert.equal(isAtLimit({ input_tokens: 12, output_tokens: 100 }, 100), true);
    assert.deepEqual(
      [41, 40].map((tokens) => isAtLimit({ completion_tokens: 140, reasoning_tokens: tokens }, 100)),
      [false, true],
    );
  });

  it('do not where the endpoint counts thinking beside the limit', () => {
    assert.deepEqual([at(140, thought(41)), at(140, thought(40))], [false, true]);
  });

  it('reach nothing where none are stated', () => {
    for (const usage of [{}, undefined, { completion_tokens: '100' }, { total_tokens: 100 }, null])
      assert.equal(isAtLimit(usage, 100), false);
  });
});
