import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { parse } from 'yaml';
import { unwatched } from '../../../../activities/attempt.ts';
import { toJson } from '../../../../activities/model/folder/json-file.ts';
import { frontMatter } from '../../../../activities/release/cards/front-matter.ts';
import { modelCard } from '../../../../activities/release/cards/model-card.ts';
import { cardContents } from '../../../../activities/release/release-contents.ts';
import { reproduce } from '../../../../activities/release/reproduce/reproduce.ts';
import { type PromptTemplate, RECIPE_TEMPLATE } from '../../../../activities/tokenize/templates.ts';
import type { DataRow } from '../../../../workflows/contracts/data.ts';
import fc from '../../../property.ts';
import { missingFromPython, PYTHON } from '../../../python.ts';
import { finishedRun } from './release-run.ts';
import { type SmallRun, smallRun } from './small-run.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

describe('front matter', async () => {
  it('is block YAML, with quotes where a reader of YAML would see no text', () => {
    assert.equal(
      frontMatter({
        license: 'mit',
        language: ['no', 'en'],
        pretty_name: 'a: b',
        base_model: undefined,
        configs: [{ config_name: 'default', data_files: [{ split: 'train', path: 'data/train.parquet' }] }],
        value: 0.5,
      }),
      `---
license: mit
language:
- "no"
- en
pretty_name: "a: b"
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train.parquet
value: 0.5
---
`,
    );
  });

  it('reads back as it was given, whatever the texts', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(
        text,
        fc.array(text),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (a, b, number) => {
          const value = { one: a, list: b, inner: [{ a, number, deep: [{ b: a }] }] };
          for (const version of ['1.1', '1.2'] as const)
            assert.deepEqual(readFrontMatter(frontMatter(value), version), value);
        },
      ),
      { examples: [['---', HARD_TEXTS, -0.5]] },
    );
  });

  const skip = await missingFromPython('yaml');
  it('reads back in PyYAML, which the hub’s own library reads it by', { skip }, () => {
    const value = { one: '---', list: HARD_TEXTS, inner: [{ deep: HARD_TEXTS.map((text) => ({ text })) }] };
    const read = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.read()), sys.stdout)';
    const [, block = ''] = BLOCK.exec(frontMatter(value)) ?? [];
    const env = { ...process.env, PYTHONIOENCODING: 'utf-8' };
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', read], { input: block, encoding: 'utf8', env });
    assert.deepEqual(stderr === '' && JSON.parse(stdout), value);
  });
});

/** Texts that a reader of YAML could take for something else, or refuses unless they are escaped. */
const HARD_TEXTS = [
  ...['', ' ', 'yes', 'No', 'y', '~', 'null', '1e3', '0x1f', '1:20', '2026-01-31', '.nan', '=', '<<'],
  ...['- a', '# b', 'a #b', "'", '"', '\\', 'a: b', '{}', '[]', '&a', '*a', '!a', '%a', '@a', '`a`', '...'],
  ...['a\nb', '\n---\n', 'tab\t', ' before', 'behind '],
  // JSON leaves these as they are: the ends of lines to YAML 1.1, and what it has no place for.
  ...['\u0085', 'a\u2028b', 'a\u2029b', '\uFEFF', '\u007F', '\u0080', '\uFFFE', '\uFFFF', '\u0000', '\uD800'],
];

const BLOCK = /^---\n([\s\S]*?\n)---\n/;

function readFrontMatter(card: string, version: '1.1' | '1.2' = '1.2'): unknown {
  const [, block] = BLOCK.exec(card) ?? [];
  assert.ok(block, 'the card has front matter');
  return parse(block, { version });
}

describe('the model card', () => {
  const row = { instruction: 'One?', input: '', output: '1' };
  const talk = {
    ...row,
    messages: [
      { role: 'user' as const, content: 'One?' },
      { role: 'assistant' as const, content: '1' },
      { role: 'user' as const, content: 'Two?' },
      { role: 'assistant' as const, content: '2' },
    ],
  };
  const file = { uri: `artifact://rows/${'0'.repeat(64)}/x`, sha256: '0'.repeat(64), bytes: 1, rows: 1 };
  const architecture = {
    ...{ name: 'Qwen3', layers: 2, hiddenSize: 8, heads: 2, keyValueHeads: 1 },
    ...{ vocabSize: 64, maxPositions: 32 },
  };
  const card = (rows: DataRow[], template: PromptTemplate | null) =>
    modelCard(
      cardContents({
        ...{ name: 'data', licence: 'mit', rows, run: finishedRun(file, file, file) },
        ...{ hasSimilarity: false, hasPairs: false, trainedModel: { template, architecture } },
        publication: {
          splits: { validation: 0, test: 0 },
          ...{ weights: ['gguf-q8_0'], modelLicence: null, baseModel: null, pairs: false, votes: [] },
        },
      }),
      'gguf-q8_0',
    );

  it('says the family, and whether conversations were taught', () => {
    const [single, talks] = [card([row], RECIPE_TEMPLATE), card([row, talk], RECIPE_TEMPLATE)];
    assert.match(single, /\| architecture \| Qwen3: 2 layers, width 8, 2 heads \(1 of keys and values\)/);
    assert.match(single, /in the same form, though the model was taught single instructions and no conv/);
    assert.match(talks, /in the same form, as the model was taught the conversations among its rows\./);
  });

  it('says where an input stands in Ollama of a model that was taught a prompt template alone', () => {
    assert.match(card([row], RECIPE_TEMPLATE), /is asked; in Ollama an input stays in its instruction\./);
    assert.match(
      card([talk], null),
      /how the model is asked\. Ollama goes by the `Modelfile`, which says so where it cannot render/,
    );
  });
});

describe('what stands beside the data', () => {
  let small: SmallRun;
  before(async () => {
    small = await smallRun();
  });
  after(() => small[Symbol.asyncDispose]());
  const read = (name: string) => readFile(join(small.folder, name), 'utf8');

  it('the data set card has the hub’s fields, and a configuration of Parquet files that are there', async () => {
    assert.deepEqual(readFrontMatter(await read('README.md')), {
      license: 'other',
      pretty_name: 'alpaca-data',
      language: ['en'],
      task_categories: ['text-generation'],
      tags: ['instruction-finetuning', 'alpaca', 'self-instruct', 'synthetic'],
      size_categories: ['n<1K'],
      configs: [
        {
          config_name: 'default',
          data_files: [
            { split: 'train', path: 'data/train.parquet' },
            { split: 'validation', path: 'data/validation.parquet' },
            { split: 'test', path: 'data/test.parquet' },
          ],
        },
      ],
    });
  });

  it('the card says how much of the held-out splits the model has seen', async () => {
    const card = await read('README.md');
    assert.match(card, /\| train \| 9 rows \|\n\| validation \| 2 rows \|\n\| test \| 1 rows \|/);
    assert.match(card, /was trained on 2 of the 3 rows outside `train`/);
  });

  it('the card has the rows by class, each once', async () => {
    const [, table = ''] =
      /## Classes of instructions\n\n\| \| \|\n\|---\|---\|\n([\s\S]*?)\n\n/.exec(await read('README.md')) ??
      [];
    assert.equal(table, '| open-question-answering | 6 (50.0%) |\n| mathematics | 6 (50.0%) |');
  });

  it('Parquet and JSONL have three columns of text, and the rows of their split', async () => {
    const file = await asyncBufferFromFile(join(small.folder, 'data/validation.parquet'));
    const { schema } = await parquetMetadataAsync(file);
    assert.deepEqual(
      schema
        .slice(1)
        .map(({ name, converted_type, repetition_type }) => [name, converted_type, repetition_type]),
      ['instruction', 'input', 'output'].map((name) => [name, 'UTF8', 'REQUIRED']),
    );
    const rows = await parquetReadObjects({ file });
    const lines = (await read('data/validation.jsonl')).trimEnd().split('\n');
    assert.equal(lines.length, 2);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      rows,
    );
  });

  it('the model card has the run’s figures in its front matter', async () => {
    assert.deepEqual(readFrontMatter(await read('model/README.md')), {
      license: 'other',
      language: ['en'],
      library_name: 'transformers',
      pipeline_tag: 'text-generation',
      tags: ['alpaca', 'instruction-finetuning', 'self-instruct'],
      'model-index': [
        {
          name: 'alpaca-data-model',
          results: [
            {
              task: { type: 'text-generation', name: 'Instruction following' },
              dataset: {
                type: 'alpaca-data',
                name: 'alpaca-data, held-out rows and evaluation instructions',
              },
              metrics: [
                { type: 'loss', name: 'Held-out loss, nats per token', value: 2.4375 },
                {
                  type: 'win_rate',
                  name: 'Win rate in percent against the untrained base, judge scripted',
                  value: 62.5,
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('the model card has base, method, hyperparameters, figures, limits and the exact templates', async () => {
    const card = await read('model/README.md');
    for (const text of [
      '| method | full fine-tuning: all weights |',
      '| architecture | Llama: 4 layers, width 192, 6 heads (2 of keys and values), vocabulary 3,072 |',
      '| rows trained on | 11 |',
      '| learningRate | 0.002 |',
      '| held-out loss before and after, nats per token | 8.125, 2.438 |',
      '2 wins, 1 loss, 1 tie: 62.5% (95% interval',
      '## Limits',
      `\`\`\`\n${RECIPE_TEMPLATE.withInput}\n\`\`\``,
      `\`\`\`\n${RECIPE_TEMPLATE.withoutInput}\n\`\`\``,
      'Where the licence of the base forbids handing on its weights, publish the difference',
    ])
      assert.ok(card.includes(text), text);
    assert.doesNotMatch(card, /undefined|NaN|\[object|loraRank/);
  });

  it('the licence, the base and the form of a model are the releaser’s to say', async () => {
    const folder = await small.release({
      ...{ licence: 'My own', modelLicence: 'llama2', baseModel: `owner/base@${COMMIT}` },
      ...{ weights: ['difference'], sourceDataset: `owner/rows@${COMMIT}#default/train` },
    });
    const card = await readFile(join(folder, 'difference', 'README.md'), 'utf8');
    assert.match(card, /^---\nlicense: llama2\n/);
    assert.match(card, /\nbase_model: owner\/base\nbase_model_relation: finetune\n/);
    assert.ok(card.includes(`\n| base | owner/base, at commit ${COMMIT} |\n`), card);
    assert.match(card, /npx alpaca weight-diff recover --base BASE --diff \. --out MODEL/);
    const data = await readFile(join(folder, 'README.md'), 'utf8');
    assert.match(data, /^---\nlicense: other\nlicense_name: "My own"\n/);
    assert.match(data, /\nsource_datasets:\n- owner\/rows\n/);
    assert.ok(
      data.includes(
        `\n| brought in from the hub’s data set | owner/rows, default/train, at commit ${COMMIT} |\n`,
      ),
      data,
    );
  });

  it('an adapter goes along with a card for PEFT, and is checked against the run', async () => {
    const path = await small.store.workspace('adapter');
    const config = { peft_type: 'LORA', base_model_name_or_path: null };
    await writeFile(join(path, 'adapter_config.json'), toJson(config));
    const adapter = await small.store.take('adapter', path, { madeBy: 'test' }, 'adapter');
    const { train } = small.run;
    const folder = await small.release({
      ...{ weights: ['adapter'], baseModel: `owner/base@${COMMIT}` },
      run: { ...small.run, train: { ...train, adapter } },
    });
    const card = await readFile(join(folder, 'adapter', 'README.md'), 'utf8');
    assert.match(card, /\nlibrary_name: peft\n/);
    assert.doesNotMatch(card, /The adapter names/);
    const elsewhere = await small.release({
      ...{ weights: ['adapter'], baseModel: 'owner/base' },
      run: { ...small.run, train: { ...train, adapter } },
    });
    assert.match(
      await readFile(join(elsewhere, 'adapter', 'README.md'), 'utf8'),
      /\n\nThe adapter names owner\/base as its base, and was trained beside the files of the digest above, whatever the hub has by that name: /,
    );
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'adapter', 'adapter_config.json'), 'utf8')), {
      peft_type: 'LORA',
      base_model_name_or_path: 'owner/base',
      revision: COMMIT,
    });
    assert.match(await readFile(join(folder, 'README.md'), 'utf8'), /- `adapter\/README\.md`: the card of/);
    const claims = await reproduce(folder, null, unwatched);
    assert.deepEqual(
      claims.find(({ claim }) => claim === 'the weights are those that the run trained')?.detail,
      'adapter: what the run trained',
    );
  });

  it('refuses a form of the model that the run has not', async () => {
    await assert.rejects(small.release({ weights: ['adapter'] }), {
      code: 'InvalidInput',
      message: /cannot hold the adapter: the run trains all weights/,
    });
  });

  it('the datasheet answers from the run, and leaves to the releaser what it does not know', async () => {
    const sheet = await read('DATASHEET.md');
    for (const title of ['Motivation', 'Composition', 'Collection', 'Preparation', 'Uses', 'Distribution'])
      assert.ok(sheet.includes(`\n## ${title}\n`), title);
    assert.match(sheet, /\*\*How many rows are there\?\*\*\n\n12, of which 0 \(0\.0%\) have an input\./);
    assert.match(sheet, /By 6 prompts in 3 requests at temperature 1 and top_p 1/);
    assert.match(
      sheet,
      /\*\*Who made it, and on whose behalf\?\*\*\n\n\*\*The releaser must fill this in\*\*/,
    );
  });
});
