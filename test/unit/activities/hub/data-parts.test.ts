import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choosePart, partsOf } from '../../../../activities/hub/data-parts.ts';

const SHARDS = [
  'data/train-00002-of-00003.parquet',
  'data/train-00000-of-00003.parquet',
  'data/train-00001-of-00003.parquet',
];

const choose = (paths: readonly string[], named: string | null, card: string | null = null) =>
  choosePart(paths, card, named, 'a/b');

describe('the part of a data set that is meant', () => {
  it('is its only file of rows, whatever else lies there', () => {
    const paths = ['README.md', '.gitattributes', 'dataset_infos.json', 'alpaca_data.json', 'pictures/a.png'];
    assert.deepEqual(choose(paths, null), ['alpaca_data.json']);
  });

  it('is all shards of a split, by their numbers', () => {
    const paths = [...SHARDS, 'data/test-00000-of-00001.parquet'];
    assert.deepEqual(choose(paths, 'train'), SHARDS.toSorted());
    assert.deepEqual(choose(paths, 'test'), ['data/test-00000-of-00001.parquet']);
    assert.deepEqual(choose(['rows-10.jsonl', 'rows-9.jsonl'], null), ['rows-9.jsonl', 'rows-10.jsonl']);
  });

  it('is the split train where no name was given', () => {
    assert.deepEqual(choose(['test.csv', 'train.csv', 'dev.csv'], null), ['train.csv']);
    assert.deepEqual(choose(['eval/a.jsonl', 'training/a.jsonl'], null), ['training/a.jsonl']);
  });

  it('is by configuration, split, both, folder or file', () => {
    const card = [
      '---',
      'configs:',
      '- config_name: default',
      '  data_files:',
      '  - split: train',
      '    path: data/train-*',
      '- config_name: chat',
      '  data_files:',
      '  - split: train_sft',
      '    path: ["chat/a?.jsonl", "chat/**/b.jsonl"]',
      '- config_name: raw',
      '  data_dir: raw',
      '---',
      '# A set',
    ].join('\n');
    const paths = [...SHARDS, 'chat/a2.jsonl', 'chat/a1.jsonl', 'chat/x/y/b.jsonl', 'raw/rows.json'];
    assert.deepEqual(choose(paths, null, card), SHARDS.toSorted());
    const chat = ['chat/a1.jsonl', 'chat/a2.jsonl', 'chat/x/y/b.jsonl'];
    for (const named of ['chat', 'train_sft', 'chat/train_sft'])
      assert.deepEqual(choose(paths, named, card), chat);
    assert.deepEqual(choose(paths, 'raw', card), ['raw/rows.json']);
    assert.deepEqual(choose(paths, 'chat/x', card), ['chat/x/y/b.jsonl']);
    assert.deepEqual(choose(paths, 'chat/a2.jsonl', card), ['chat/a2.jsonl']);
  });

  it('is what globs of its card say: ranges, what is not in them, and any folders or none', () => {
    const of = (glob: string) => `---\nconfigs:\n- config_name: x\n  data_files: "${glob}"\n---`;
    const paths = ['a1.csv', 'a2.csv', 'b1.csv', 'in/a1.csv', 'in/x/a1.csv', 'a[1].csv'];
    for (const [glob, found] of [
      ['a[0-1].csv', ['a1.csv']],
      ['[!a]?.csv', ['b1.csv']],
      ['**/a1.csv', ['a1.csv', 'in/a1.csv', 'in/x/a1.csv']],
      ['in/**', ['in/a1.csv', 'in/x/a1.csv']],
      ['in/*', ['in/a1.csv']],
      ['*1.csv', ['a1.csv', 'b1.csv']],
      ['a*', ['a[1].csv', 'a1.csv', 'a2.csv']],
    ] as const)
      assert.deepEqual(choose(paths, 'x', of(glob)), found, glob);
  });

  it('is found in no time whatever glob a stranger’s card has', () => {
    const card = (globs: string[]) =>
      `---\nconfigs:\n- config_name: x\n  data_files: ${JSON.stringify(globs)}\n---`;
    const deep = `${'a/'.repeat(400)}b.csv`;
    const before = performance.now();
    assert.deepEqual(choose([deep], null, card([`${'**'.repeat(20)}c.csv`, `${'**/'.repeat(20)}c.csv`])), [
      deep,
    ]);
    assert.ok(performance.now() - before < 5000);
    assert.deepEqual(choose(['z.csv'], null, card(['[z-a].csv', '*.csv'])), ['z.csv']);
  });

  it('is refused with what there is where several may be meant, and where none is', () => {
    assert.throws(() => choose(['alpaca_data.json', 'alpaca_cleaned.json'], null), {
      code: 'InvalidInput',
      message:
        'a/b has 2 parts that may be meant: alpaca_data.json, alpaca_cleaned.json. Name one: hf:a/b#alpaca_data.json, or a file.',
    });
    assert.throws(() => choose(['en/train-1.json', 'en/train-2.json', 'ko/train.json'], null), {
      message: /^a\/b has 2 parts that may be meant: en, ko\/train\.json\./,
    });
    const configs =
      '---\nconfigs:\n- config_name: x\n  data_files: x.csv\n- config_name: y\n  data_files: y.csv\n---';
    assert.throws(() => choose(['x.csv', 'y.csv'], null, configs), {
      message: /meant: x\/train, y\/train\. Name one: hf:a\/b#x\/train/,
    });
    assert.throws(() => choose(['train.csv', 'test.csv'], 'dev'), {
      code: 'NotFound',
      message: 'a/b has no part dev; it has train, test. Name one of these, a folder or a file.',
    });
  });

  it('is refused in a form that is not read, with where the hub has it as Parquet', () => {
    assert.throws(() => choose(['a.py', 'data.tar.gz'], null), {
      code: 'NotFound',
      message: /^a\/b has no files of rows that are read\. .*: hf:a\/b@refs\/convert\/parquet\.$/,
    });
    assert.throws(() => choose(['rows.jsonl.zst'], 'rows.jsonl.zst'), {
      code: 'InvalidInput',
      message: /^a\/b has its rows in rows\.jsonl\.zst, which is of no form that is read/,
    });
  });

  it('is as the hub converts it', () => {
    assert.deepEqual(
      partsOf(
        ['default/train/0000.parquet', 'default/train/0001.parquet', 'default/test/0000.parquet'],
        null,
      ),
      [
        { config: null, split: 'train', files: ['default/train/0000.parquet', 'default/train/0001.parquet'] },
        { config: null, split: 'test', files: ['default/test/0000.parquet'] },
      ],
    );
  });

  it('is not what a card says that is no card', () => {
    for (const card of [
      '# A set',
      '---\nconfigs: 3\n---',
      '---\n: {\n---',
      '---\nconfigs:\n- config_name: a\n  data_files: gone.csv\n---',
    ])
      assert.deepEqual(choose(['rows.csv'], null, card), ['rows.csv'], card);
  });
});
