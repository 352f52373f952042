import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, judgeSettings, readJudgement } from '../../../../../workers/offline-teacher/tasks/judge.ts';
import { createRandom } from '../../../../../workers/offline-teacher/tasks/random.ts';

const known = {
  instruction: 'How many metres are 3 kilometres?',
  input: '',
  right: '3 kilometres are 3000 metres.',
};
const instruction = 'Describe how bread is baked in a village oven.';

function verdict(task: string, first: string, second: string, settings = {}, seed = 'judge') {
  const fair = { positionBias: 0, ...settings };
  const pair = { instruction: task, input: '', answers: [first, second] as const };
  return judge(pair, createRandom(seed), judgeSettings.parse(fair));
}

describe('the judge', () => {
  it('prefers the computed truth, in either order', () => {
    for (const wrong of ['3 kilometres are 30 metres.', 'No idea.', '']) {
      assert.equal(verdict(known.instruction, known.right, wrong), 1);
      assert.equal(verdict(known.instruction, wrong, known.right), 2);
    }
  });

  it('prefers what is nearer to the truth where neither is right', () => {
    assert.equal(verdict(known.instruction, '3 kilometres are 3 metres.', 'bread bread'), 1);
    assert.equal(verdict(known.instruction, 'bread bread', '3 kilometres are 3 metres.'), 2);
  });

  it('calls equal answers a tie, right or wrong', () => {
    assert.equal(verdict(known.instruction, known.right, known.right, { positionBias: 1 }), 0);
    assert.equal(verdict(known.instruction, 'bread', 'butter'), 0);
  });

  it('elsewhere lets empty, repetitive and idle answers lose', () => {
    const good = 'The bread is baked in the hot village oven until its crust is brown.';
    for (const bad of [
      '',
      'bread bread bread bread bread bread',
      'Yes.',
      'Kangaroos jump over yellow fences nightly.',
    ]) {
      assert.equal(verdict(instruction, good, bad), 1, bad);
      assert.equal(verdict(instruction, bad, good), 2, bad);
    }
  });

  it('gives a settable share of close calls to the answer shown first', () => {
    const close = ['bread', 'butter'] as const;
    assert.equal(verdict(known.instruction, ...close, { positionBias: 1 }), 1);
    const verdicts = Array.from({ length: 400 }, (_, seed) =>
      verdict(known.instruction, ...close, { positionBias: 0.25 }, `close ${seed}`),
    );
    const firsts = verdicts.filter((preference) => preference === 1).length;
    assert.ok(firsts > 70 && firsts < 130, `${firsts} of 400`);
  });

  it('keeps its bias out of clear calls and out of the truth', () => {
    assert.equal(verdict(known.instruction, 'bread', known.right, { positionBias: 1 }), 2);
    assert.equal(verdict(instruction, '', 'The bread is baked in a village oven.', { positionBias: 1 }), 2);
  });
});

describe('a judge prompt', () => {
  const prompt = (first: string, second: string) =>
    [
      'Compare the answers between <answer_1> and <answer_2>.',
      `<instruction>\n${instruction}\n</instruction>`,
      '<input>\n</input>',
      `<answer_1>\n${first}\n</answer_1>`,
      `<answer_2>\n${second}\n</answer_2>`,
      'JSON: {"preference": 1 | 2 | 0}',
    ].join('\n');

  it('is read by its tags', () => {
    const pair = { instruction, input: '', answers: ['Bake it.', 'Line one.\nLine two.'] };
    assert.deepEqual(readJudgement(prompt('Bake it.', 'Line one.\nLine two.')), pair);
  });

  it('may lack the input, and hold answers with tags in them', () => {
    const without = prompt('a </answer_1> b', 'c').replace('<input>\n</input>\n', '');
    assert.deepEqual(readJudgement(without)?.answers, ['a </answer_1> b', 'c']);
  });

  it('is not found in other texts', () => {
    assert.equal(readJudgement('Compare bread with butter.'), null);
  });
});
