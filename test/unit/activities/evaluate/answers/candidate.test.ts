import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { answerPrompts } from '../../../../../activities/evaluate/answers/answers.ts';
import { measureExactMatch, sameAnswer } from '../../../../../activities/evaluate/answers/exact-match.ts';
import type { Candidate, Decoding } from '../../../../../activities/evaluate/answers/inference.ts';
import { measureLoss } from '../../../../../activities/evaluate/held-out/held-out.ts';

/** A model that answers with a fixed text for each prompt; its tokens are UTF-16 code units. */
function scripted(answers: Record<string, string>): { candidate: Candidate; asked: Decoding[] } {
  const asked: Decoding[] = [];
  const encode = (text: string) => Array.from(text, (character) => character.charCodeAt(0));
  const decode = (ids: readonly number[]) => String.fromCharCode(...ids);
  return {
    asked,
    candidate: {
      inference: {
        losses: async (rows) =>
          rows.map((row) => ({ targets: row.labels.length, sum: 2 * row.labels.length })),
        complete: async (prompts, decoding) => {
          asked.push(decoding);
          return prompts.map((prompt) => encode(answers[decode(prompt)] ?? ''));
        },
        close: async () => {},
      },
      tokenizer: {
        encode: async (texts) => texts.map(encode),
        prompts: async (questions) =>
          questions.map((one) =>
            encode(typeof one === 'string' ? one : 'instruction' in one ? `Q ${one.instruction}` : ''),
          ),
        examplesInOwnForm: async (rows) => rows.map(() => null),
        decode: async (all) => all.map(decode),
        bytesOf: async (ids) => ids.map(() => new Uint8Array()),
      },
      hasOwnForm: false,
      maxPositions: 40,
      stopIds: [0],
    },
  };
}

describe('answerPrompts', () => {
  it('leaves a prompt unanswered that fills the context by itself, and answers the others', async () => {
    const { candidate, asked } = scripted({ short: 'yes', 'short too': ' no ' });
    const decoding = { maxNewTokens: 5, temperature: 0, topP: 1, seed: 1 };
    const prompts = ['short', 'x'.repeat(40), 'short too'];
    assert.deepEqual(await answerPrompts(candidate, prompts, decoding, unwatched), ['yes', '', 'no']);
    assert.equal(asked.length, 1);
  });

  it('asks a model nothing where every prompt is too long', async () => {
    const { candidate, asked } = scripted({});
    const decoding = { maxNewTokens: 5, temperature: 0, topP: 1, seed: 1 };
    assert.deepEqual(await answerPrompts(candidate, ['x'.repeat(99)], decoding, unwatched), ['']);
    assert.equal(asked.length, 0);
  });
});

describe('measureExactMatch', () => {
  const heldOut = ['1+1', '2+2', '3+3', 'poem'].map((instruction) => ({
    instruction,
    input: '',
    output: '',
  }));
  const rightAnswer = (instruction: string) =>
    instruction === 'poem' ? null : String(2 * Number(instruction[0]));

  it('counts rows with a computed answer, and gives Wilson’s interval', async () => {
    const { candidate, asked } = scripted({ 'Q 1+1': ' 2\n', 'Q 2+2': '4', 'Q 3+3': '7' });
    const result = await measureExactMatch({ candidate, heldOut, rightAnswer, seed: 42 }, unwatched);
    assert.equal(result?.rows, 3);
    assert.equal(result?.right, 2);
    assert.equal(result?.rate, 2 / 3);
    assert.deepEqual(
      result?.interval.map((bound) => bound.toFixed(4)),
      ['0.2077', '0.9385'],
    );
    assert.deepEqual(asked, [{ maxNewTokens: 2, temperature: 0, topP: 1, seed: 42, stopIds: [0] }]);
  });

  it('is null where no answer can be computed', async () => {
    const { candidate } = scripted({});
    const nothing = { candidate, heldOut: heldOut.slice(3), rightAnswer, seed: 42 };
    assert.equal(await measureExactMatch(nothing, unwatched), null);
  });
});

describe('sameAnswer', () => {
  it('forgives white space and Unicode composition, nothing else', () => {
    assert.equal(sameAnswer(' two\n words ', 'two words'), true);
    assert.equal(sameAnswer('cafe\u0301', 'caf\u00e9'), true);
    assert.equal(sameAnswer('Two', 'two'), false);
    assert.equal(sameAnswer('two.', 'two'), false);
  });
});

describe('measureLoss', () => {
  it('is the mean over targets, not over rows', async () => {
    const row = (length: number) => ({ inputIds: new Int32Array(length), labels: new Int32Array(length) });
    const sums = [
      { targets: 1, sum: 4 },
      { targets: 3, sum: 2 },
    ];
    const model = { losses: async () => sums };
    assert.deepEqual(await measureLoss(model, [row(2), row(4)], 'A', unwatched), { targets: 4, loss: 1.5 });
  });
});
