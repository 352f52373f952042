import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { readRows } from '../../../../../activities/artifacts/rows.ts';
import { isClassification } from '../../../../../activities/report/rows/is-classification.ts';
import { checkQuality } from '../../../../../activities/report/rows/quality.ts';
import { type RecipeRow, seedTask } from '../../../../../workflows/contracts/data.ts';

const row = (instruction: string, output: string, input = ''): RecipeRow => ({ instruction, input, output });

describe('classification tasks', () => {
  for (const [language, right, tasks] of [
    ['en', 167, 175],
    ['ko', 163, 175],
  ] as const)
    it(`tell ${right} of ${tasks} seed tasks right as classification or not (${language})`, async () => {
      const seeds = await readRows(builtinPath('seed-tasks', language), z.object(seedTask.shape));
      const agreed = seeds.filter(
        ({ instruction, instances, is_classification }) =>
          isClassification(instruction, instances[0]?.output ?? '') === is_classification,
      );
      assert.deepEqual([agreed.length, seeds.length], [right, tasks]);
    });
});

describe('quality checks', () => {
  const faults = (example: RecipeRow) => checkQuality([example], 'en').worst[0]?.faults ?? [];

  const faulty: [string, RecipeRow][] = [
    ['empty output', row('Name a river.', ' \n')],
    ['empty output', row('Name a river.', '<nooutput>')],
    ['output repeats what was given', row('Correct the sentence.', 'He go  home.', 'He go home.')],
    ['refusal', row('Name a river.', 'As an AI language model, I have no rivers.')],
    ['refusal', row('Name a river.', "I'm sorry, but I cannot do that.")],
    ['something the model cannot see', row('Describe the image.', 'A dog runs.')],
    ['something the model cannot see', row('Summarize the following article.', 'It is about rain.')],
    [
      'ends in the middle of a sentence',
      row('Tell of the sea.', 'The sea is wide and deep, and those who sail on it'),
    ],
    ['very short instruction', row('Rivers', 'The Rhine.')],
  ];
  for (const [fault, example] of faulty)
    it(`find: ${fault} (${JSON.stringify(example.output)})`, () =>
      assert.deepEqual(faults(example), [fault]));

  it('find a refusal by the words of the language that a row says', () => {
    const declined = row('강 이름을 말해 주세요.', '죄송하지만 저는 AI 언어 모델이라 답변할 수 없습니다.');
    const counted = checkQuality(
      [declined, { ...declined, instruction: '산 이름을 말해 주세요.', language: 'ko' }],
      'en',
    ).worst;
    assert.deepEqual(
      counted.map((found) => [found.row, found.faults]),
      [[1, ['refusal']]],
    );
  });

  const sound: RecipeRow[] = [
    row('Name a river in Asia.', 'Mekong'),
    row('Put this in capitals.', 'THE SEA', 'the sea'),
    row('Correct the following sentence: He go home.', 'He goes home.'),
    row('Summarize the following article.', 'It rains.', 'It rained all day.'),
    row('Write the function.', 'total = sum of all the numbers that were given above here'),
    row('List the steps of it.', '- boil the water for the tea and let it stand a while'),
    row('Explain how to apologise.', 'Say “I cannot come”, and why; be brief.'),
  ];
  for (const example of sound)
    it(`let pass: ${JSON.stringify(example.output)}`, () => assert.deepEqual(faults(example), []));

  it('count rows by fault, and show the worst first', () => {
    const findings = checkQuality(
      [
        row('Name a river in Asia.', 'Mekong'),
        row('Rivers', 'The Rhine.'),
        row('Rivers', ''),
        row('Name a lake.', ''),
      ],
      'en',
    );
    assert.equal(findings.faulty, 3);
    assert.deepEqual(
      findings.counts.filter(({ rows }) => rows > 0).map(({ fault, rows }) => [fault, rows]),
      [
        ['empty output', 2],
        ['very short instruction', 2],
        ['repeated row', 1],
      ],
    );
    assert.deepEqual(
      findings.worst.map(({ row }) => row),
      [2, 3, 1],
    );
    assert.deepEqual(findings.worst[0]?.faults, ['empty output', 'very short instruction', 'repeated row']);
  });

  it('take no time for an output of a megabyte', () => {
    const begun = performance.now();
    checkQuality(
      [row('Name a river.', 'a '.repeat(500_000)), row('Name '.repeat(200_000), 'x'.repeat(1_000_000))],
      'en',
    );
    assert.ok(performance.now() - begun < 5000);
  });
});
