import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toJsonLines } from '../../../activities/artifacts/rows.ts';
import { type ArtifactStore, createLocalStore } from '../../../activities/artifacts/store.ts';
import { unwatched } from '../../../activities/attempt.ts';
import { EvaluateStep } from '../../../activities/evaluate/activities.ts';
import type { OpenModel } from '../../../activities/evaluate/candidate.ts';
import { compareFiles } from '../../../activities/evaluate/compare-files.ts';
import type { Judge } from '../../../activities/evaluate/judge.ts';
import { winRateOfFile } from '../../../activities/evaluate/winrate-file.ts';
import { writeTokens } from '../../../activities/tokenize/tokens.ts';
import { evaluateInput } from '../../../workflows/contracts/steps.ts';

/** Prefers the answer that holds a Z. */
const judge: Judge = {
  name: 'letter',
  prefer: async (messages) => {
    const [first = '', second = ''] = (messages[1]?.content ?? '').split('<answer_2>');
    return `{"preference": ${first.includes('Z') ? 1 : second.includes('Z') ? 2 : 0}}`;
  },
};

describe('the evaluate step', () => {
  let root: string;
  let store: ArtifactStore;
  let step: EvaluateStep;
  let openModels = 0;

  const openModel: OpenModel = async () => {
    openModels += 1;
    return {
      losses: async (rows) =>
        rows.map(({ labels }) => {
          const targets = labels.slice(1).filter((label) => label !== -100).length;
          return { targets, sum: 3 * targets };
        }),
      complete: async (prompts) => prompts.map((_, index) => [10 + index]),
      close: async () => {
        openModels -= 1;
      },
    };
  };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-evaluate-'));
    store = createLocalStore({ root: join(root, 'store') });
    step = new EvaluateStep({ store, openModel, judgeFor: () => judge, rightAnswer: () => null });
  });
  after(() => rm(root, { recursive: true, force: true }));

  const instructions = ['Write a letter.', 'Count to three.', 'Say hello to the new neighbour.'];
  const questions = () =>
    store.putFile(
      'evaluation-instructions',
      'questions.jsonl',
      toJsonLines(instructions.map((instruction) => ({ instruction }))),
      { madeBy: 'test', rows: 3 },
    );

  it('has nothing to measure without held-out rows, and opens no model for it', async () => {
    assert.deepEqual(await step.evaluateHeldOut(evaluateInput.parse({}), unwatched), {
      heldOut: null,
      exactMatch: null,
    });
    assert.equal(openModels, 0);
  });

  it('measures held-out loss, the bigram baseline beside it, and closes its models', async () => {
    const path = join(root, 'tokens.parquet');
    const row = (ids: number[]) => ({
      row: 0,
      inputIds: Int32Array.from(ids),
      labels: Int32Array.from([-100, ...ids.slice(1)]),
    });
    await writeTokens(path, [row([1, 2, 3]), row([4, 5])]);
    const tokens = await store.take('tokens', path, { madeBy: 'test', rows: 2 });
    const input = evaluateInput.parse({ heldOutTokens: tokens, tokens });
    const { heldOut } = await step.evaluateHeldOut(input, unwatched);
    assert.equal(heldOut?.rows, 2);
    assert.equal(heldOut?.targets, 3);
    assert.deepEqual([heldOut?.lossA, heldOut?.lossB, heldOut?.lossPromptsExchanged], [3, 3, 3]);
    assert.ok(heldOut?.lossBigram !== null && heldOut !== null);
    // every pair was seen once: (1 + 1) / (1 + V), V the tiny model's vocabulary
    const config = JSON.parse(
      await readFile(new URL('../../../seeds/tiny-model/config.json', import.meta.url), 'utf8'),
    );
    assert.equal(heldOut.lossBigram.toFixed(9), (-Math.log(2 / (1 + config.vocab_size))).toFixed(9));
    assert.equal(openModels, 0);
  });

  it('leaves out instructions that training has seen, and says how many', async () => {
    const seen = await store.putFile(
      'rows',
      'training.jsonl',
      toJsonLines([{ instruction: 'Count to three!', input: '', output: '1 2 3' }]),
      { madeBy: 'test', rows: 1 },
    );
    const input = evaluateInput.parse({ instructions: await questions(), trainingRows: seen });
    const { answers, excluded } = await step.answerInstructions('builtin', input, unwatched);
    assert.equal(excluded, 1);
    const rows = (await readFile(await store.open(answers), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      rows.map(({ instruction }) => instruction),
      ['Write a letter.', 'Say hello to the new neighbour.'],
    );
    assert.deepEqual(Object.keys(rows[0]), ['dataset', 'instruction', 'input', 'output', 'generator']);
    assert.match(rows[0].generator, /^tiny-model-[0-9a-f]{8}$/);
  });

  it('judges answers from files too, and writes what AlpacaEval reads', async () => {
    const write = async (name: string, generator: string, answers: string[]) => {
      const path = join(root, name);
      const outputs = instructions.map((instruction, i) => ({ instruction, output: answers[i], generator }));
      await writeFile(path, JSON.stringify(outputs));
      return path;
    };
    const questionsFile = join(root, 'questions.jsonl');
    await writeFile(questionsFile, toJsonLines(instructions.map((instruction) => ({ instruction }))));
    const outFolder = join(root, 'out');
    const comparison = {
      a: await write('a.json', 'A', ['Z', 'plain', 'Z']),
      b: await write('b.json', 'B', ['x', 'Z', 'y']),
      instructions: questionsFile,
      judge,
      openModel,
      settings: { runSeed: 42, maxInstructions: 10, maxNewTokens: 8, temperature: 0, topP: 1 },
      outFolder,
    };
    const result = await compareFiles(comparison, unwatched);
    assert.deepEqual([result.wins, result.losses, result.ties, result.disagreements], [2, 1, 0, 0]);
    const recomputed = await winRateOfFile(join(outFolder, 'annotations.json'));
    assert.equal(recomputed.winRate, result.winRate);
    assert.equal(recomputed.standardError, result.standardError);
  });

  it('names the instruction that a file of answers lacks', async () => {
    const path = join(root, 'short.json');
    await writeFile(path, JSON.stringify([{ instruction: 'Write a letter.', output: 'x', generator: 'A' }]));
    const file = await store.take('model', path, { madeBy: 'test' });
    const input = evaluateInput.parse({ instructions: await questions() });
    await assert.rejects(step.answerInstructions(file, input, unwatched), {
      code: 'InvalidInput',
      message: /has no answer to "Count to three\."/,
    });
  });
});
