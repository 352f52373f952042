import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Emptiness,
  type EmptyAnswer,
  emptinessOf,
  emptyAnswers,
} from '../../../../../activities/teacher/answer/emptiness.ts';
import { profileOf } from '../scripted-teacher.ts';

const profile = profileOf('http://127.0.0.1:1/v1');
const answer = (changes: Partial<EmptyAnswer>): EmptyAnswer => ({
  ...{ text: '', finishReason: 'stop', maxTokens: 1000, usage: null, ...changes },
});
const tokens = (completionTokens: number) => ({ usage: { promptTokens: 10, completionTokens } });

describe('an answer without a text', () => {
  for (const [kind, changes, says] of [
    [
      'limit',
      { finishReason: 'length', ...tokens(1000) },
      /all 1000 tokens of each were spent .* \(maxTokens;/,
    ],
    ['limit', { finishReason: 'MAX_TOKENS' }, /Allow more tokens/],
    ['limit', { text: '<think>\nHm', finishReason: 'length', ...tokens(990) }, /think less/],
    [
      'context',
      { finishReason: 'length', ...tokens(1) },
      /after 1 of 1000 tokens: .*context of scripted-1\. .*num_ctx/,
    ],
    ['context', { finishReason: 'length', thinking: 'Hm', ...tokens(800) }, /--max-model-len/],
    [
      'stopped in thinking',
      { text: '<think>\nIn 20', ...tokens(9) },
      /ended within its thinking.*supportsStop/,
    ],
    ['thinking alone', { thinking: 'The answer.' }, /reasoning parser/],
    ['other end', { finishReason: 'tool_calls' }, /each ended by "tool_calls"/],
    ['nothing', { text: ' \n', finishReason: 'eos' }, /before its first word.*chat template/],
  ] as [Emptiness, Partial<EmptyAnswer>, RegExp][])
    it(`is one of the kind "${kind}" where it is ${JSON.stringify(changes)}`, () => {
      const empty = answer(changes);
      assert.equal(emptinessOf(empty, profile), kind);
      const failure = emptyAnswers(kind, '5 answers in a row', empty, profile, 1);
      assert.deepEqual([failure.code, failure.retryable, failure.mayBePaid], ['EmptyAnswers', false, false]);
      assert.match(failure.message, /^The teacher "scripted" gave 5 answers in a row without a text: /);
      assert.match(failure.message, says);
    });

  it('is mended in a profile of one’s own where the environment makes it', () => {
    const made = { ...profile, name: 'openai', file: null };
    for (const kind of ['stopped in thinking', 'nothing'] as const)
      assert.match(
        emptyAnswers(kind, '5 answers in a row', answer({}), made, 1).message,
        /in a profile of your own in place of "openai" \(docs\/teachers\.md\)/,
      );
  });

  it('is none where a word stands behind the thinking, or the profile knows no thinking', () => {
    const text = '<think>Hm';
    assert.equal(emptinessOf(answer({ text: `${text}</think>Yes.` }), profile), null);
    assert.equal(emptinessOf(answer({ text }), { thinkingMarks: null }), null);
  });
});
