import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { defaultWorkflowId } from '../../../../../workers/command/run/run.ts';
import {
  buildRunInput,
  checkNamedFiles,
  importNamedFiles,
  learningRateWarning,
} from '../../../../../workers/command/run/run-input.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { startHubServer } from '../../../activities/hub/hub-server.ts';

describe('the input of a run', () => {
  it('is the default run without any option', async () => {
    assert.deepEqual(await buildRunInput({}), alpacaInput.parse({}));
  });

  it('takes the named options', async () => {
    const input = await buildRunInput({
      teacher: 'openai',
      budget: '2.5',
      target: '200',
      seedTasks: 'mine.jsonl',
      from: 'data.json',
      model: 'folder',
      language: 'ko',
    });
    assert.equal(input.generate.teacher, 'openai');
    assert.equal(input.budgetUsd, 2.5);
    assert.equal(input.generate.target, 200);
    assert.equal(input.sample.seedTasks, 'mine.jsonl');
    assert.equal(input.generate.from, 'data.json');
    assert.equal(input.tokenize.model, 'folder');
    assert.equal(input.language, 'ko');
  });

  it('reads --set as JSON values where they are any, else as text', async () => {
    const { train, release } = await buildRunInput({
      set: ['train.epochs=1', 'train.learningRate=1e-3', 'train.clipNorm=null', 'release.name=mine'],
    });
    assert.deepEqual([train.epochs, train.learningRate, train.clipNorm], [1, 0.001, null]);
    assert.equal(release.name, 'mine');
  });

  it('reads lists and objects of --set, and refuses what is none', async () => {
    const set = ['filter.rules=["json", "code"]', 'generate.classes={"code": 0.1}', 'filter.grade=null'];
    const { filter, generate } = await buildRunInput({ set });
    assert.deepEqual([filter?.rules, generate.classes], [['json', 'code'], { code: 0.1 }]);
    await assert.rejects(
      buildRunInput({ set: ['filter.rules=[json]'] }),
      /--set filter\.rules=\[json\]: a list or an object is written as JSON/,
    );
  });

  it('puts options above --set, and --set above the JSON', async () => {
    const input = await buildRunInput({
      input: '{"generate":{"target":1,"roundSize":2},"runSeed":7}',
      set: ['generate.target=2', 'generate.concurrency=3'],
      target: '4',
    });
    const { target, roundSize, concurrency } = input.generate;
    assert.deepEqual([target, roundSize, concurrency, input.runSeed], [4, 2, 3, 7]);
  });

  it('comes from a file', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'alpaca-input-')), 'input.json');
    await writeFile(path, '{"runSeed": 5}');
    assert.equal((await buildRunInput({ recipe: path })).runSeed, 5);
  });

  it('is told wrong by path, reason and what was found', async () => {
    const cases: [Parameters<typeof buildRunInput>[0], RegExp][] = [
      [{ input: '{' }, /^UsageError: --input is no valid JSON: /],
      [{ input: '[1]' }, /^UsageError: --input must be one JSON object/],
      [{ recipe: '/no/such.yaml' }, /The recipe \/no\/such\.yaml cannot be read: There is no file/],
      [{ target: 'many' }, /Wrong input: generate\.target is "many": expected a number \(--target\)/],
      [{ target: '1e999' }, /Wrong input: generate\.target is "1e999": expected a number/],
      [{ target: '0' }, /Wrong input: generate\.target is 0: .*1/],
      [{ set: ['train.epoch=1'] }, /Wrong input: train has no field "epoch"/],
      [{ input: '{"foo":1}' }, /Wrong input: the input has no field "foo"/],
      [{ set: ['train.epochs'] }, /--set train\.epochs: expected PATH=VALUE/],
      [{ set: ['runSeed.x=1'], input: '{"runSeed":3}' }, /runSeed\.x cannot be set: runSeed is no object/],
      [{ set: [`release.name=${'x'.repeat(101)}`] }, /release\.name is .*: expected at most 100 characters/],
      [
        { input: '{"languages":{"en":0.5,"ko":0.6}}' },
        /languages is \{"en":0\.5,"ko":0\.6\}: expected shares that add up to 1/,
      ],
      [{ input: '{"generate":{"classes":{"poetry":0.1}}}' }, /generate\.classes has no field "poetry"/],
      [
        { input: '{"generate":{"classes":{"code":0.1},"method":"self-instruct"}}' },
        /shares of languages and classes are kept by the method "alpaca" alone/,
      ],
      [{ language: 'Français' }, /Wrong input: language is "Français": expected the name of a language/],
    ];
    for (const [options, message] of cases) await assert.rejects(buildRunInput(options), message);
  });
});

const ROW = '{"instruction": "Name a colour.", "input": "", "output": "Red."}';

describe('files that an input names', () => {
  it('are looked at before anything is started, and brought into the store', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alpaca-named-'));
    const template = join(folder, 'template.json');
    const input = await buildRunInput({ set: [`tokenize.template=${template}`] });
    await assert.rejects(checkNamedFiles(input), /There is no file or folder .*template\.json/);
    await writeFile(template, '{"prompt_input":"{instruction}","prompt_no_input":"{instruction}"}');
    await assert.rejects(checkNamedFiles(input), /prompt_input has \{input\} 0 times/);
    await writeFile(template, '{"prompt_input":"{instruction} {input}","prompt_no_input":"{instruction}"}');
    await checkNamedFiles(input);
    const { tokenize, train } = await importNamedFiles(input, join(folder, 'store'));
    assert.match(JSON.stringify(tokenize.template), /artifact:\/\/template\/[0-9a-f]{64}\/template\.json/);
    assert.equal(train.continueFrom, null);
  });

  it('are told by the name that the user knows, though rows are held against their copies', async () => {
    const benchmark = join(mkdtempSync(join(tmpdir(), 'alpaca-named-')), 'bench.jsonl');
    const filter = { decontaminate: { files: ['builtin', benchmark] } };
    const input = await buildRunInput({ input: JSON.stringify({ filter }) });
    await assert.rejects(checkNamedFiles(input), /There is no file or folder .*bench\.jsonl/);
    await writeFile(benchmark, '["a"]\n');
    await assert.rejects(checkNamedFiles(input), /bench\.jsonl, element 1: /);
    await writeFile(benchmark, '{"question": "How much?"}\n');
    await checkNamedFiles(input);
    const imported = await importNamedFiles(input, join(benchmark, '../store'));
    const [builtin, copy] = imported.filter?.decontaminate?.files ?? [];
    assert.equal(builtin, 'builtin');
    assert.match(JSON.stringify(copy), /artifact:\/\/benchmark\/[0-9a-f]{64}\/bench\.jsonl/);
  });

  it('may be at the hub: fetched, imported, and named with its commit for the cards', async (test) => {
    const root = mkdtempSync(join(tmpdir(), 'alpaca-named-'));
    const [commit, files] = ['e'.repeat(40), new Map([['train.json', Buffer.from(`[${ROW}]`)]])];
    const hub = disposedAfter(
      test,
      await startHubServer({ 'datasets/owner/rows': { commit, revisions: ['main'], files } }),
    );
    const before = { HF_HOME: process.env.HF_HOME, HF_ENDPOINT: process.env.HF_ENDPOINT };
    Object.assign(process.env, { HF_HOME: root, HF_ENDPOINT: hub.url });
    test.after(() => {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    });
    const input = await buildRunInput({ from: 'hf:owner/rows' });
    await checkNamedFiles(input);
    const { generate, release } = await importNamedFiles(input, join(root, 'store'));
    assert.match(JSON.stringify(generate.from), /artifact:\/\/rows\/[0-9a-f]{64}\/rows\.jsonl.*"rows":1/);
    assert.deepEqual([release.sourceDataset, release.baseModel], [`owner/rows@${commit}`, null]);
    assert.equal('sourceDataset' in (await importNamedFiles(await buildRunInput({}), root)).release, false);
  });

  it('are looked for, whichever step reads them', async () => {
    const input = await buildRunInput({ set: ['train.continueFrom=/no/checkpoint'] });
    await assert.rejects(checkNamedFiles(input), /There is no file or folder \/no\/checkpoint/);
  });
});

describe('a learning rate that is large for what it trains', () => {
  it('is told of before a run begins', async () => {
    const warningOf = async (rate: string) =>
      learningRateWarning(await buildRunInput({ set: [`train.learningRate=${rate}`] }));
    assert.equal(await warningOf('0.02'), null);
    assert.match(
      (await warningOf('0.1')) ?? '',
      /^The learning rate 0\.1 is 50 times the 0\.002 that is usual/,
    );
  });
});

describe('the default workflow id', () => {
  it('is the same for the same input, and another for another', () => {
    const id = defaultWorkflowId(alpacaInput.parse({}));
    assert.match(id, /^alpaca-[0-9a-f]{8}$/);
    assert.equal(defaultWorkflowId(alpacaInput.parse({ runSeed: 42 })), id);
    assert.notEqual(defaultWorkflowId(alpacaInput.parse({ runSeed: 43 })), id);
  });
});
