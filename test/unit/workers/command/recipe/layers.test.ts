import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildRunInput, resolveRunInput } from '../../../../../workers/command/run/run-input.ts';

describe('a recipe file', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const written = async (name: string, text: string | Buffer) => {
    await writeFile(at(name), text);
    return at(name);
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-recipe-'));
    await mkdir(at('team'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('is YAML, or JSON with comments, to the same input', async () => {
    const yaml = await written('a.yaml', '# mine\ngenerate:\n  target: 20 # few\nrunSeed: 7\n');
    const json = await written(
      'a.json',
      '// mine\n{ "generate": { "target": 20 /* few */ }, "runSeed": 7, }\n',
    );
    assert.deepEqual(await buildRunInput({ recipe: yaml }), await buildRunInput({ recipe: json }));
    assert.equal((await buildRunInput({ recipe: yaml })).generate.target, 20);
    assert.deepEqual(
      await buildRunInput({ recipe: await written('none.yaml', '# all defaults\n') }),
      await buildRunInput({}),
    );
  });

  it('may be UTF-16, as Windows writes it', async () => {
    const recipe = await written('wide.yaml', Buffer.from('\ufeffrunSeed: 7\n', 'utf16le'));
    assert.equal((await buildRunInput({ recipe })).runSeed, 7);
  });

  it('goes over what it extends, field by field; a list goes over a list whole', async () => {
    await written(
      'team/base.yaml',
      'extends: alpaca-lora-7b\ntrain:\n  epochs: 2\n  loraTargets: [o_proj]\n',
    );
    const recipe = await written('mine.yaml', 'extends: team/base.yaml\ntrain: {loraRank: 4}\n');
    const { train, generate } = await buildRunInput({ recipe, set: ['train.loraAlpha=9'], target: '5' });
    assert.deepEqual(
      [train.epochs, train.loraRank, train.loraAlpha, train.loraTargets, train.schedule, generate.target],
      [2, 4, 9, ['o_proj'], 'linear', 5],
    );
  });

  it('may name what is at the hub, where no such folder stands beside it', async () => {
    await mkdir(at('beside/base'), { recursive: true });
    const named = async (name: string, model: string, from: string) => {
      const recipe = await written(name, `generate: {from: "${from}"}\ntokenize: {model: ${model}}\n`);
      const { generate, tokenize } = await buildRunInput({ recipe });
      return [generate.from, tokenize.model];
    };
    assert.deepEqual(await named('hub.yaml', 'owner/base@v1', 'hf:a/b#train'), [
      'hf:a/b#train',
      'owner/base@v1',
    ]);
    assert.deepEqual(await named('folders.yaml', 'beside/base', 'a/b'), [at('a/b'), at('beside/base')]);
  });

  it('knows the file and line, or the option, of every value, and what is a default', async () => {
    await written('team/lines.yaml', 'train:\n  epochs: 2\n\n  loraRank: 4\n');
    const recipe = await written(
      'over.jsonc',
      '{\n  "extends": "team/lines.yaml",\n  "train": {\n    "loraRank": 16\n  }\n}',
    );
    const { originOf } = await resolveRunInput({ recipe, set: ['train.method=lora'], budget: '1' });
    assert.deepEqual(
      [
        originOf(['train', 'epochs']),
        originOf(['train', 'loraRank']),
        originOf(['train', 'method']),
        originOf(['budgetUsd']),
        originOf(['train', 'loraAlpha']),
      ],
      [`${at('team/lines.yaml')}:2`, `${at('over.jsonc')}:4`, '--set', '--budget', null],
    );
  });

  it('names files beside it, wherever the command is run', async () => {
    const recipe = await written(
      'team/files.yaml',
      'sample: {seedTasks: tasks.jsonl}\ngenerate: {from: ../rows.json}\ntokenize: {model: builtin}\nevaluate: {others: [./other, {teacher: offline}]}\nfilter: {decontaminate: {files: [builtin, bench.jsonl]}}\n',
    );
    const { sample, generate, tokenize, evaluate, filter } = await buildRunInput({ recipe });
    assert.deepEqual(
      [sample.seedTasks, generate.from, tokenize.model, evaluate.others],
      [at('team/tasks.jsonl'), at('rows.json'), 'builtin', [at('team/other'), { teacher: 'offline' }]],
    );
    assert.deepEqual(filter?.decontaminate?.files, ['builtin', at('team/bench.jsonl')]);
  });

  it('may name a model in place of a folder, where none of that name is beside it', async () => {
    const modelOf = async (model: string) => {
      const recipe = await written('team/model.yaml', `tokenize: {model: ${model}}\n`);
      return (await buildRunInput({ recipe })).tokenize.model;
    };
    await mkdir(at('team/models/mine'), { recursive: true });
    assert.equal(await modelOf('owner/name'), 'owner/name');
    assert.equal(await modelOf('smollm2-135m'), 'smollm2-135m');
    assert.equal(await modelOf('models/mine'), at('team/models/mine'));
    assert.equal(await modelOf('mine'), at('team/mine'));
  });

  const refused: [string, string | Buffer, string | RegExp][] = [
    [
      'keys.yaml',
      'teacher: openai\ntrain:\n  epoch: 3\n  target: 5\n',
      new RegExp(
        [
          '^Wrong input:',
          'train has no field "epoch" \\(.*keys\\.yaml:3\\)',
          'train has no field "target"; there is generate\\.target \\(.*keys\\.yaml:4\\)',
          'the input has no field "teacher"; there is generate\\.teacher or dedupe\\.embedding\\.teacher \\(.*keys\\.yaml:1\\)$',
        ].join('\n'),
      ),
    ],
    [
      'cycle.yaml',
      'runSeed: 1\ngenerate: &g {x: *g}\n',
      /cycle\.yaml:2: \*g stands within &g, so it has no end\.$/,
    ],
    [
      'documents.yaml',
      'runSeed: 1\n---\nrunSeed: 2\n',
      /documents\.yaml:2: a second document begins there, and a recipe is one\.$/,
    ],
    [
      'infinite.yaml',
      'train:\n  epochs: .inf\n',
      /train\.epochs is Infinity: expected a finite number \(.*:2\)\.$/,
    ],
    ['set.yaml', 'train: !!set\n  ? epochs\n', /set\.yaml:2: a recipe has no values of !!set\.$/],
    ['tag.yaml', 'runSeed: 1\ntrain: !mine {}\n', /tag\.yaml:2: Unresolved tag: !mine\.$/],
    [
      'bytes.yaml',
      Buffer.from([0x72, 0xff]),
      /bytes\.yaml cannot be read: it is no valid UTF-8\. Save it as UTF-8/,
    ],
    [
      'home.yaml',
      'runSeed: 1\ngenerate:\n  from: ~/rows.json\n',
      `^generate\\.from at .*home\\.yaml:3 is "~/rows\\.json", no path as it is read here: write ${homedir()}/rows\\.json in its place\\.$`,
    ],
    [
      'url.yaml',
      'evaluate: {others: ["file:///a/b"]}\n',
      /^evaluate\.others at .*url\.yaml:1 is .*: write \/a\/b in its place\.$/,
    ],
    ['base.yaml', '\nextends: ~/base.yaml\n', /^extends at .*base\.yaml:2 is "~\/base\.yaml", no path/],
    ['key.yaml', 'train:\n  epoch: 3\n', /^Wrong input: train has no field "epoch" \(.*key\.yaml:2\)\.$/],
    [
      'value.json',
      '{\n"train": {\n"epochs": "many"}}',
      /train\.epochs is "many": expected a number \(.*value\.json:3\)/,
    ],
    ['element.yaml', 'evaluate:\n  others:\n    - 3\n', /evaluate\.others\.0 is 3: .*element\.yaml:2\)/],
    [
      'twice.yaml',
      'runSeed: 1\nrunSeed: 2\n',
      /cannot be read at .*twice\.yaml:2: Map keys must be unique\.$/,
    ],
    [
      'twice.json',
      '{"runSeed": 1,\n"runSeed": 2}',
      /twice\.json:2: runSeed stands there for the second time\.$/,
    ],
    ['broken.yaml', 'train: {epochs: 2\n', /cannot be read at .*broken\.yaml:\d: /],
    ['broken.json', '{"train": \n', /cannot be read at .*broken\.json:\d: ValueExpected\.$/],
    ['list.yaml', '- 1\n', /list\.yaml must be one object/],
    [
      'self.yaml',
      'extends: ./self.yaml\n',
      /self\.yaml extends itself: .*self\.yaml extends .*self\.yaml\.$/,
    ],
    [
      'number.yaml',
      'runSeed: 1\nextends: 3\n',
      /number\.yaml:2: extends is 3: expected a recipe's name or a file\.$/,
    ],
    [
      'unknown.yaml',
      'extends: alpaca-70b\n',
      /There is no recipe "alpaca-70b": this package has alpaca-7b, /,
    ],
    ['gone.yaml', 'extends: ./absent.yaml\n', /The recipe .*absent\.yaml cannot be read: There is no file/],
    [
      'proto.json',
      '{"__proto__": {"x": 1}}',
      /^Wrong input: the input has no field "__proto__" \(.*proto\.json:1\)\.$/,
    ],
    ['deep.yaml', '['.repeat(100_000), /deep\.yaml: it is nested too deeply\.$/],
    ['deep.json', '{"a":'.repeat(100_000), /deep\.json: it is nested too deeply\.$/],
    [
      'aliases.yaml',
      `a: &a [x, x]\n${[...'bcdefghij'].map((name, index) => `${name}: &${name} [*${'abcdefghi'[index]}, *${'abcdefghi'[index]}]`).join('\n')}\n`,
      /aliases\.yaml: Excessive alias count/,
    ],
  ];
  for (const [name, text, message] of refused) {
    it(`is refused, with file and line: ${name}`, async () => {
      await assert.rejects(buildRunInput({ recipe: await written(name, text) }), (error: Error) => {
        assert.equal(error.name, 'UsageError');
        assert.match(error.message, new RegExp(message));
        return true;
      });
    });
  }

  it('that extends more than eight files is refused', async () => {
    for (let file = 0; file < 9; file += 1)
      await written(`chain-${file}.yaml`, `extends: ./chain-${file + 1}.yaml\n`);
    await assert.rejects(
      buildRunInput({ recipe: at('chain-0.yaml') }),
      /chain-0\.yaml extends more than 8 files: /,
    );
  });
});
