import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explain } from '../../../../../workers/command/recipe/explain.ts';
import { buildRunInput } from '../../../../../workers/command/run/run-input.ts';

async function explained(options: Parameters<typeof explain>[0], json = false) {
  const said: { value: unknown; text: string }[] = [];
  await explain(options, {
    json,
    verbose: false,
    say: () => assert.fail('nothing else is said'),
    result: (value, text) => said.push({ value, text }),
  });
  assert.equal(said.length, 1);
  return said[0] ?? assert.fail('nothing was said');
}

describe('alpaca explain', () => {
  it('has a line for every value, with where it is said', async () => {
    const { text } = await explained({ recipe: 'demo', set: ['train.method=lora'], target: '30' });
    const lines = text.split('\n').map((line) => line.split(/ {2,}/));
    const lineOf = (path: string) => lines.find(([first]) => first === path);
    assert.deepEqual(lineOf('generate.target'), ['generate.target', '30', '--target']);
    assert.deepEqual(lineOf('train.method'), ['train.method', '"lora"', '--set']);
    assert.deepEqual(lineOf('train.epochs'), ['train.epochs', '1', 'seeds/recipes/demo.yaml:6']);
    assert.deepEqual(lineOf('train.loraTargets'), ['train.loraTargets', '["q_proj","v_proj"]', 'default']);
    assert.deepEqual(lineOf('runSeed'), ['runSeed', '42', 'default']);
  });

  it('has the steps in their order, and what they would take', async () => {
    const { text } = await explained({ recipe: 'demo' });
    assert.deepEqual(
      [...text.matchAll(/^ {2}(sample|generate|dedupe|tokenize|train|evaluate|release) {2,}\S/gm)].map(
        ([, step]) => step,
      ),
      ['sample', 'generate', 'dedupe', 'tokenize', 'train', 'evaluate', 'release'],
    );
    assert.match(text, /^money: 200 accepted rows from offline, with 95% intervals:$/m);
    assert.match(
      text,
      /^memory: training takes \d+ MiB on a GPU and \d+ MiB beside it, or \d+ MiB on a CPU, for rows of 512 tokens$/m,
    );
  });

  it('says what each GPU holds of a model that PyTorch divides', async () => {
    const { text } = await explained({ recipe: 'alpaca-7b', model: 'docs/memory/llama-7b' });
    assert.match(text, /^memory: training takes 44510 MiB on each of 4 GPUs, for rows of 512 tokens$/m);
  });

  it('has the filter among the steps where the run has one', async () => {
    const filter = { rules: ['code', 'echo'], decontaminate: { files: ['builtin'] } };
    const { text } = await explained({ recipe: 'demo', input: JSON.stringify({ filter }) });
    assert.match(
      text,
      /^ {2}dedupe .*\n {2}filter {4}rows with a fault are dropped \(code, echo\), and rows that overlap builtin\n {2}tokenize/m,
    );
  });

  it('says what is not known yet, and all else', async () => {
    const { text } = await explained({ recipe: 'alpaca-7b', model: '/data/none' });
    assert.match(text, /^tokenize\.model +"\/data\/none" +--model$/m);
    assert.match(text, /^money: not known\. The teacher profile "openai" needs OPENAI_MODEL/m);
    assert.match(text, /^memory: not known\. There is no file or folder \/data\/none/m);
  });

  it('brings no model to look at it', async () => {
    const { text } = await explained({ model: 'smollm2-135m' });
    assert.match(text, /^tokenize\.model +"smollm2-135m" +--model$/m);
    assert.match(text, /^train\.method +"lora" +seeds\/recipes\/smollm2-135m\.yaml:\d+$/m);
    assert.match(
      text,
      /^memory: the model is brought when it is used; `alpaca plan-memory --model smollm2-135m`/m,
    );
  });

  it('is the input alone with --json, as the Temporal CLI takes it', async () => {
    const { value } = await explained({ recipe: 'demo' }, true);
    assert.deepEqual(value, await buildRunInput({ recipe: 'demo' }));
  });
});
