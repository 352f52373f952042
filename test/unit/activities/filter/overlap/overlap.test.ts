import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { readBenchmark } from '../../../../../activities/filter/overlap/benchmark.ts';
import {
  type OverlapFinder,
  type OverlapOptions,
  overlapFinder,
} from '../../../../../activities/filter/overlap/overlap.ts';
import { row } from '../rules/rows.ts';

const PASSAGE =
  'The lighthouse on the northern cape was built by a retired captain in the year after the great storm, and its lamp was lit with whale oil for eleven winters.';

/** As benchmarks come: by question, by instruction with instances, and with choices. */
const BENCHMARKS = [
  [
    {
      id: 'q0',
      question: 'Which metal is liquid at room temperature and used in old thermometers?',
      choices: ['Mercury', 'Iron'],
      answer: 'Mercury',
    },
    { id: 'q1', context: { passage: PASSAGE }, question: 'Who built it?' },
  ],
  [
    {
      instruction: 'Turn the sentence into a question.',
      instances: [{ input: 'The bakery opens at six on market days.', output: 'When does the bakery open?' }],
    },
    { prompt: '한국의 가을 축제 세 가지를 골라 한 문장씩 소개하는 글을 쓰세요.' },
  ],
];

let folder: string;
const texts: OverlapOptions['texts'][number][] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alpaca-overlap-'));
  for (const [file, rows] of BENCHMARKS.entries()) {
    const path = join(folder, `${file}.jsonl`);
    await writeFile(path, toJsonLines(rows));
    texts.push(...(await readBenchmark(path, file, path)));
  }
});
after(() => rm(folder, { recursive: true, force: true }));

const finder = (options: Partial<OverlapOptions> = {}): OverlapFinder =>
  overlapFinder({
    texts,
    files: ['a', 'b'],
    words: 13,
    rougeL: 0.7,
    exact: true,
    tokenization: 'rouge',
    ...options,
  });

describe('overlap with files that measure a model', () => {
  it('finds a question of theirs beside another input, and one of few words never', () => {
    const instruction = 'Which metal is liquid at room temperature and used in old thermometers?';
    assert.equal(finder()(row({ instruction, input: 'Choose: iron, mercury, tin.' }))?.rule, 'same-text');
    assert.equal(finder()(row({ instruction: 'Who built it?', input: 'The old pier of Brighton.' })), null);
  });

  it('finds every planted row, by the file, row and field that it came from', () => {
    for (const [given, rule, overlaps, options] of [
      [
        { instruction: 'which metal is liquid at room-temperature, and used in old thermometers' },
        'same-text',
        { file: 'a', row: 0, field: 'question' },
      ],
      [
        {
          instruction: 'Turn the sentence into a question.',
          input: 'The bakery opens at six on market days.',
        },
        'same-text',
        { file: 'b', row: 0, field: 'instruction + input' },
      ],
      [
        { instruction: 'Ask for it.', input: 'the bakery opens at six, on market days' },
        'same-text',
        { file: 'b', row: 0, field: 'instances.0.input' },
      ],
      [
        { instruction: '한국의 가을 축제 세 가지를 골라, 한 문장씩 소개하는 글을 쓰세요!' },
        'same-text',
        { file: 'b', row: 1, field: 'prompt' },
      ],
      [
        { output: `They told us: its ${PASSAGE.slice(4)}` },
        'same-words',
        { file: 'a', row: 1, field: 'context.passage' },
      ],
      [
        { input: `${PASSAGE.slice(PASSAGE.indexOf('captain'))} Nobody knows more.` },
        'same-words',
        { file: 'a', row: 1, field: 'context.passage' },
      ],
      [
        { instruction: 'Which metal is liquid at normal temperature and used in old thermometers?' },
        'similar-text',
        { file: 'a', row: 0, field: 'question' },
      ],
      [
        { instruction: '한국의 가을 축제 두 가지를 골라 한 문장씩 소개하는 글을 쓰세요.' },
        'similar-text',
        { file: 'b', row: 1, field: 'prompt' },
        { tokenization: 'unicode' },
      ],
    ] as const) {
      const found = finder({ ...options })(row(given));
      assert.deepEqual([found?.rule, found?.overlaps], [rule, overlaps], JSON.stringify(given));
    }
  });

  it('says what was found', () => {
    const [by] = [finder()];
    assert.deepEqual(by(row({ output: `So, ${PASSAGE}` })), {
      rule: 'same-words',
      reason: '13 words in the same order',
      found: 'the lighthouse on the northern cape was built by a retired captain in',
      overlaps: { file: 'a', row: 1, field: 'context.passage' },
    });
    assert.equal(
      by(row({ instruction: 'Which metal is liquid at normal temperature and used in old thermometers?' }))
        ?.reason,
      'ROUGE-L 0.917',
    );
  });

  it('keeps every clean row, and those that share only what many texts share', () => {
    for (const given of [
      { instruction: 'Which gas is used in old street lamps?' },
      { instruction: 'Name a metal.', output: 'Mercury' },
      { instruction: 'Who built it?', input: 'The bridge was built by two brothers.' },
      {
        instruction: 'Turn the sentence into a question.',
        input: 'Snow falls from November until late March here.',
      },
      {
        instruction: 'Describe a lighthouse.',
        output: 'The lighthouse on the northern cape was built by a retired captain.',
      },
      { instruction: '한국의 봄 음식을 소개하는 글을 쓰세요.' },
      { instruction: 'Say yes.', input: '', output: 'q0' },
    ])
      for (const tokenization of ['rouge', 'unicode'] as const) {
        const found = finder({ tokenization })(row(given));
        // The question itself, with nothing to ask it of, is the benchmark's.
        assert.equal(found, null, JSON.stringify(given));
      }
  });

  it('looks in the ways that are on', () => {
    const exact = row({
      instruction: 'Which metal is liquid at room temperature and used in old thermometers?',
    });
    const ways = (options: Partial<OverlapOptions>) => finder(options)(exact)?.rule ?? null;
    assert.equal(ways({ words: null, rougeL: null }), 'same-text');
    assert.equal(ways({ exact: false, words: 5 }), 'same-words');
    assert.equal(ways({ exact: false, words: null }), 'similar-text');
    assert.equal(ways({ exact: false, words: null, rougeL: null }), null);
    assert.equal(ways({ exact: false, words: null, rougeL: 1 }), null);
  });
});

describe('reading a benchmark', () => {
  it('takes every text at any depth, and instruction and input together', () => {
    assert.deepEqual(
      texts.map(({ file, row: at, field }) => `${file}.${at} ${field}`),
      [
        '0.0 id',
        '0.0 question',
        '0.0 choices.0',
        '0.0 choices.1',
        '0.0 answer',
        '0.1 id',
        '0.1 context.passage',
        '0.1 question',
        '1.0 instruction',
        '1.0 instances.0.input',
        '1.0 instances.0.output',
        '1.0 instruction + input',
        '1.1 prompt',
      ],
    );
  });

  it('names a file without texts, and a row that is no object', async () => {
    const path = join(folder, 'bad.jsonl');
    await writeFile(path, '{"a": 1}\n{"b": " "}\n');
    await assert.rejects(readBenchmark(path, 0, 'my.jsonl'), {
      code: 'InvalidInput',
      message: /^my\.jsonl has no object with a text in it\./,
    });
    await writeFile(path, '{"a": "b"}\n"c"\n');
    await assert.rejects(readBenchmark(path, 0, 'my.jsonl'), {
      code: 'InvalidInput',
      message: /^my\.jsonl, line 2: /,
    });
    await assert.rejects(readBenchmark(join(folder, 'none'), 0, 'none.jsonl'), { code: 'NotFound' });
  });
});
