import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { toJsonLines } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import type { OpenModel } from '../../../../activities/evaluate/answers/candidate.ts';
import type { TeacherCandidate } from '../../../../activities/evaluate/answers/teacher-answers.ts';
import { compareFiles } from '../../../../activities/evaluate/compare-files.ts';
import { EvaluateStep } from '../../../../activities/evaluate/evaluate-step.ts';
import type { Judge } from '../../../../activities/evaluate/judge/judge.ts';
import { winRateOfFile } from '../../../../activities/evaluate/winrate/winrate-file.ts';
import type { CandidateSource } from '../../../../workflows/contracts/evaluate.ts';
import { evaluateInput } from '../../../../workflows/contracts/evaluate.ts';
import { writeTokens } from '../tokenize/write-tokens.ts';

/** Prefers the answer that holds a Z. */
const judge: Judge = {
  name: 'letter',
  ...{ atOnce: 8, askings: 1, verdictTokens: 64 },
  reply: async (messages) => {
    const [first = '', second = ''] = (messages[1]?.content ?? '').split('<answer_2>');
    const text = `{"preference": ${first.includes('Z') ? 1 : second.includes('Z') ? 2 : 0}}`;
    return { text, cut: false };
  },
};

/** Answers with the instruction's first word, and asks for what it costs. */
const teacher: TeacherCandidate = {
  answer: async (questions) =>
    questions.map(({ dataset, instruction, input }) => ({
      dataset,
      instruction,
      input,
      output: instruction.split(' ')[0] ?? '',
      generator: 'taught',
    })),
};

describe('the evaluate step', () => {
  let root: string;
  let store: ArtifactStore;
  let step: EvaluateStep;
  let openModels = 0;
  let opened = 0;
  let completed = 0;

  const openModel: OpenModel = async () => {
    openModels += 1;
    opened += 1;
    return {
      losses: async (rows) =>
        rows.map(({ labels }) => {
          const targets = labels.slice(1).filter((label) => label !== -100).length;
          return { targets, sum: 3 * targets };
        }),
      complete: async (prompts) => {
        completed += prompts.length;
        return prompts.map((_, index) => [10 + index]);
      },
      close: async () => {
        openModels -= 1;
      },
    };
  };

  const stepOver = (over: ArtifactStore, attempt = unwatched) =>
    new EvaluateStep(
      {
        store: over,
        openModel,
        judgeFor: () => judge,
        teacherFor: () => teacher,
        rightAnswer: (instruction) => (instruction === 'Count to three.' ? 'Count' : null),
      },
      'test',
      attempt,
    );

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-evaluate-'));
    store = createLocalStore({ root: join(root, 'store') });
    step = stepOver(store);
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
    assert.deepEqual(await step.evaluateHeldOut(evaluateInput.parse({})), {
      heldOut: null,
      exactMatch: null,
      heldOutAnswers: [],
      losses: [null, null],
      base: { isRandom: true, ownFormLoss: null },
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
    const { heldOut } = await step.evaluateHeldOut(input);
    assert.equal(heldOut?.rows, 2);
    assert.equal(heldOut?.targets, 3);
    assert.deepEqual([heldOut?.lossA, heldOut?.lossB, heldOut?.lossPromptsExchanged], [3, 3, 3]);
    assert.ok(heldOut?.lossBigram !== null && heldOut !== null);
    // every pair was seen once: (1 + 1) / (1 + V), V the tiny model's vocabulary
    const config = JSON.parse(
      await readFile(new URL('../../../../seeds/tiny-model/config.json', import.meta.url), 'utf8'),
    );
    assert.equal(heldOut.lossBigram.toFixed(9), (-Math.log(2 / (1 + config.vocab_size))).toFixed(9));
    assert.equal(openModels, 0);
  });

  it('measures a base that is a chat model in its own template too', async () => {
    const base = join(root, 'chat-base');
    await cp(builtinPath('tiny-model', 'en'), base, { recursive: true });
    await writeFile(
      join(base, 'chat_template.jinja'),
      '{{ messages[0].content }}\n{% if not add_generation_prompt %}{{ messages[1].content }}{{ eos_token }}{% endif %}',
    );
    const path = join(root, 'chat-tokens.parquet');
    const example = { inputIds: Int32Array.from([1, 7, 8]), labels: Int32Array.from([-100, 7, 8]) };
    await writeTokens(
      path,
      [0, 1].map((row) => ({ row, ...example })),
    );
    const rows = ['Add.', 'Sort.'].map((instruction) => ({ instruction, input: '', output: '3' }));
    const from = createLocalStore({ root: store.root, importFolders: [base] });
    const input = evaluateInput.parse({
      modelB: base,
      heldOutTokens: await store.take('tokens', path, { madeBy: 'test', rows: 2 }),
      heldOutRows: await store.putFile('rows', 'held-out.jsonl', toJsonLines(rows), {
        madeBy: 'test',
        rows: 2,
      }),
    });
    const { heldOut, heldOutAnswers, base: found } = await stepOver(from).evaluateHeldOut(input);
    assert.deepEqual(heldOutAnswers.map(({ instruction, wanted }) => [instruction, wanted]).sort(), [
      ['Add.', '3'],
      ['Sort.', '3'],
    ]);
    assert.deepEqual(heldOutAnswers.map(({ got }) => got).sort(), ["'", '(']);
    assert.equal(heldOut?.lossB, 3);
    assert.deepEqual(found, { isRandom: true, ownFormLoss: 3 });
  });

  it('leaves out instructions that training has seen, and says how many', async () => {
    const seen = await store.putFile(
      'rows',
      'training.jsonl',
      toJsonLines([{ instruction: 'Count to three!', input: '', output: '1 2 3' }]),
      { madeBy: 'test', rows: 1 },
    );
    const input = evaluateInput.parse({ instructions: await questions(), trainingRows: seen });
    const { answers, excluded } = await step.answerInstructions({ model: 'builtin', evaluation: input });
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

  it('knows what training has seen in each language of a run', async () => {
    const asked = (instruction: string) => ({ instruction, input: '', output: '' });
    const trainingRows = await store.putFile(
      'rows',
      'mixed.jsonl',
      toJsonLines([
        asked('우리 동네 도서관을 소개하는 글을 쓰세요.'),
        ...Array.from({ length: 40 }, (_, row) => asked(`Describe the ${row}th street of our town.`)),
      ]),
      { madeBy: 'test', rows: 41 },
    );
    const instructions = await store.putFile(
      'evaluation-instructions',
      'mixed-questions.jsonl',
      toJsonLines([
        { instruction: '우리 동네 도서관을 소개하는 글을 쓰세요!' },
        { instruction: 'Name a fruit.' },
      ]),
      { madeBy: 'test', rows: 2 },
    );
    const input = evaluateInput.parse({ languages: { en: 0.9, ko: 0.1 }, instructions, trainingRows });
    const { excluded } = await step.answerInstructions({ model: 'builtin', evaluation: input });
    assert.equal(excluded, 1);
  });

  it('asks what is shipped for each language of a run', async () => {
    const input = evaluateInput.parse({ languages: { en: 0.5, ko: 0.5 }, maxInstructions: 200 });
    const { answers } = await step.answerInstructions({ model: 'builtin', evaluation: input });
    assert.equal(answers.rows, 64 + 62);
  });

  it('leaves out held-out rows whose instruction resembles one that was trained on', async () => {
    // given four rows, the third and fourth held out, and the third a paraphrase of the first
    const texts = [
      'Name the capital of France.',
      'Add 2 and 3.',
      'Name the capital of France!',
      'Say hello.',
      'Bow.',
    ];
    const rows = texts.map((instruction) => ({ instruction, input: '', output: 'x' }));
    const tokensOf = async (name: string, indexes: number[]) => {
      const path = join(root, name);
      const labels = Int32Array.from([-100, 7, 8]);
      await writeTokens(
        path,
        indexes.map((row) => ({ row, inputIds: Int32Array.from([row, 7, 8]), labels })),
      );
      return store.take('tokens', path, { madeBy: 'test', rows: indexes.length });
    };
    const stored = (name: string, of: object[]) =>
      store.putFile('rows', name, toJsonLines(of), { madeBy: 'test', rows: of.length });
    const input = evaluateInput.parse({
      trainingRows: await stored('all.jsonl', rows),
      tokens: await tokensOf('train.parquet', [0, 1]),
      heldOutTokens: await tokensOf('held-out.parquet', [2, 3, 4]),
      heldOutRows: await stored('held-out.jsonl', rows.slice(2)),
    });
    // when the held-out loss is measured
    const { heldOut, losses } = await step.evaluateHeldOut(input);
    // then the paraphrase is reported and not measured, and the held-out rows do not exclude themselves
    assert.deepEqual([heldOut?.excluded, heldOut?.rows, heldOut?.targets], [1, 2, 4]);
    assert.deepEqual(losses[0], { loss: 3, perplexity: Math.exp(3) });
  });

  it('keeps a model’s answers, and finds them for the same instructions and decoding', async () => {
    const input = evaluateInput.parse({ instructions: await questions(), maxNewTokens: 17 });
    const before = opened;
    const first = await step.answerInstructions({ model: 'builtin', evaluation: input });
    assert.equal(opened, before + 1);
    assert.deepEqual(await step.answerInstructions({ model: 'builtin', evaluation: input }), first);
    assert.equal(opened, before + 1);
    await step.answerInstructions({ model: 'builtin', evaluation: { ...input, maxNewTokens: 18 } });
    assert.equal(opened, before + 2);
  });

  it('keeps each batch of answers at once: an attempt after one that was stopped asks for the rest', async () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ instruction: `Say ${'a'.repeat(index + 1)}.` }));
    const inputOver = async (over: ArtifactStore) => {
      const about = { madeBy: 'test', rows: 40 };
      const file = await over.putFile('evaluation-instructions', 'many.jsonl', toJsonLines(many), about);
      return { model: 'builtin', evaluation: evaluateInput.parse({ instructions: file }) };
    };
    const other = createLocalStore({ root: join(root, 'other') });
    const undisturbed = await stepOver(other).answerInstructions(await inputOver(other));
    const input = await inputOver(store);
    const stopping = new AbortController();
    const report = ({ done }: { done: number }) => {
      if (done === 32) stopping.abort(new Error('the worker stops'));
    };
    const stopped = stepOver(store, { signal: stopping.signal, report }).answerInstructions(input);
    await assert.rejects(stopped, { message: 'the worker stops' });
    const before = completed;
    const again = await step.answerInstructions(input);
    assert.equal(completed - before, 8, 'of three batches, the last');
    assert.equal(again.answers.sha256, undisturbed.answers.sha256);
    const kept = await store.listEntries('answers');
    assert.deepEqual(
      kept.filter((name) => name.includes('/')),
      [],
      'no batch is left',
    );
  });

  it('makes answers anew that were pruned from the store', async () => {
    const input = evaluateInput.parse({ instructions: await questions(), maxNewTokens: 19 });
    const { answers } = await step.answerInstructions({ model: 'builtin', evaluation: input });
    await rm(join(store.root, 'artifacts', 'answers', answers.sha256), { recursive: true });
    const fresh = stepOver(createLocalStore({ root: store.root }));
    assert.deepEqual(
      (await fresh.answerInstructions({ model: 'builtin', evaluation: input })).answers,
      answers,
    );
  });

  it('says of answers what needs no judge', async () => {
    const rows = [
      { instruction: 'Count to three.', instances: [{ input: '', output: 'Count' }] },
      { instruction: 'Say hello now.', instances: [{ input: '', output: 'Say it loudly' }] },
      { instruction: 'Write a letter.' },
    ];
    const instructionsFile = await store.putFile('x', 'questions.jsonl', toJsonLines(rows), {
      madeBy: 'test',
    });
    const input = evaluateInput.parse({ instructions: instructionsFile, budgetUsd: 1 });
    const { candidate, costUsd } = await step.askTeacher({
      teacher: 'taught',
      evaluation: input,
      candidate: 1,
    });
    const { interval, ...exactMatch } = candidate.exactMatch ?? { interval: [] };
    assert.deepEqual(
      { ...candidate, exactMatch },
      {
        name: 'taught',
        kind: 'teacher',
        meanLength: 13 / 3, // Count, Say, Write
        empty: 0,
        rougeL: { rows: 2, mean: 0.75 }, // 1, and 2 x 1/3 x 1 / (1/3 + 1)
        exactMatch: { rows: 1, right: 1, rate: 1 },
      },
    );
    assert.equal(interval.length, 2);
    assert.equal(costUsd, 0);
  });

  const answersFile = async (name: string, generator: string, answers: string[]) => {
    const path = join(root, name);
    const outputs = instructions.map((instruction, i) => ({ instruction, output: answers[i], generator }));
    await writeFile(path, JSON.stringify(outputs));
    return path;
  };

  const compare = async (others: CandidateSource[], pairs: 'first' | 'all') => {
    const questionsFile = join(root, 'questions.jsonl');
    const rows = instructions.map((instruction, i) => ({
      instruction,
      category: i < 2 ? 'first two' : 'last',
    }));
    await writeFile(questionsFile, toJsonLines(rows));
    const input = evaluateInput.parse({
      modelA: await answersFile('a.json', 'A', ['Z', 'plain', 'Z']),
      modelB: await answersFile('b.json', 'B', ['x', 'Z', 'y']),
      others,
      pairs,
      instructions: questionsFile,
    });
    const files = createLocalStore({ root: join(root, 'files'), importFolders: [root] });
    const outFolder = join(root, `out-${others.length}-${pairs}`);
    const result = await compareFiles(input, stepOver(files), { store: files, outFolder }, unwatched);
    return { outFolder, result };
  };

  it('judges answers from files too, and writes what AlpacaEval reads', async () => {
    const { outFolder, result } = await compare([], 'first');
    assert.deepEqual([result.wins, result.losses, result.ties, result.disagreements], [2, 1, 0, 0]);
    assert.deepEqual([result.meanLengthA, result.meanLengthB], [7 / 3, 1]);
    assert.deepEqual(
      result.categories.map(({ category, n, wins, losses, winRate }) => [category, n, wins, losses, winRate]),
      [
        ['first two', 2, 1, 1, 50],
        ['last', 1, 1, 0, 100],
      ],
    );
    assert.deepEqual((await readdir(outFolder)).sort(), [
      'annotations.json',
      'model_outputs_a.json',
      'model_outputs_b.json',
      'result.json',
    ]);
    const recomputed = await winRateOfFile(join(outFolder, 'annotations.json'));
    assert.equal(recomputed.winRate, result.winRate);
    assert.equal(recomputed.standardError, result.standardError);
  });

  it('stops between two parts where it is interrupted, though nothing is left to judge', async () => {
    const same = await answersFile('same.json', 'A', ['x', 'y', 'z']);
    const input = evaluateInput.parse({
      ...{ modelA: same, modelB: same },
      instructions: await answersFile('asked.json', 'A', ['', '', '']),
    });
    const files = createLocalStore({ root: join(root, 'files'), importFolders: [root] });
    const outFolder = join(root, 'interrupted');
    const signal = AbortSignal.abort(new Error('interrupted'));
    const attempt = { ...unwatched, signal };
    const comparing = compareFiles(input, stepOver(files), { store: files, outFolder }, attempt);
    await assert.rejects(comparing, /interrupted/);
    await assert.rejects(readdir(outFolder), { code: 'ENOENT' });
  });

  it('compares more than two with the first, or each with each', async () => {
    const others = [{ teacher: 'taught' }, 'builtin'];
    const { result } = await compare(others, 'first');
    assert.deepEqual(
      result.candidates.map(({ name, kind }) => [name.replace(/-[0-9a-f]{8}$/, ''), kind]),
      [
        ['A', 'answers'],
        ['B', 'answers'],
        ['taught', 'teacher'],
        ['tiny-model', 'model'],
      ],
    );
    assert.deepEqual(
      result.comparisons.map(({ a, b }) => [a, b]),
      [
        [0, 1],
        [0, 2],
        [0, 3],
      ],
    );
    // A has a Z in two of three answers, the teacher in none
    assert.deepEqual([result.comparisons[1]?.wins, result.comparisons[1]?.ties], [2, 1]);
    const all = await compare(others, 'all');
    assert.equal(all.result.comparisons.length, 6);
    assert.ok((await readdir(all.outFolder)).includes('annotations_c_d.json'));
  });

  it('names the instruction that a file of answers lacks', async () => {
    const path = join(root, 'short.json');
    await writeFile(path, JSON.stringify([{ instruction: 'Write a letter.', output: 'x', generator: 'A' }]));
    const file = await store.take('model', path, { madeBy: 'test' });
    const input = evaluateInput.parse({ instructions: await questions() });
    await assert.rejects(step.answerInstructions({ model: file, evaluation: input }), {
      code: 'InvalidInput',
      message: /has no answer to "Count to three\."/,
    });
  });
});
