import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { writeTensors } from '../../../../activities/model/folder/safetensors.ts';
import { checkInput } from '../../../../activities/preflight/check-input.ts';
import { readLaterFiles } from '../../../../activities/preflight/later-files.ts';
import { loadProfiles } from '../../../../activities/teacher/profile/profiles.ts';
import { writeCheckpoint } from '../../../../activities/train/checkpoint/checkpoint.ts';
import { alpacaInput } from '../../../../workflows/contracts/pipeline.ts';

describe('looking at an input before anything is paid', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-preflight-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const check = async (input: object, env: NodeJS.ProcessEnv = {}) =>
    checkInput(alpacaInput.parse(input), {
      store: createLocalStore({ root: join(folder, 'store'), importFolders: [folder] }),
      profiles: await loadProfiles({ env, offlineTeacherUrl: 'http://127.0.0.1:1/v1' }),
      env,
    });

  it('finds nothing wrong with {}', async () => {
    await check({});
  });

  it('names a model folder that is not there, or is none', async () => {
    await assert.rejects(check({ tokenize: { model: join(folder, 'none') } }), {
      code: 'NotFound',
      message: new RegExp(`^There is no file or folder ${folder}/none`),
    });
    await mkdir(join(folder, 'empty'));
    await assert.rejects(check({ tokenize: { model: join(folder, 'empty') } }), /config\.json/);
  });

  it('names a model folder without weights', async () => {
    const weightless = join(folder, 'weightless');
    await cp(builtinPath('tiny-model', 'en'), weightless, { recursive: true });
    await check({ tokenize: { model: weightless } });
    await rm(join(weightless, 'initialize-weights'));
    await assert.rejects(check({ tokenize: { model: weightless } }), {
      code: 'NotFound',
      message: /weightless has no weights/,
    });
  });

  it('names the weights of a base model, or of one to compare with, that are none of its own', async () => {
    const model = join(folder, 'damaged');
    const weights = join(model, 'model.safetensors');
    await cp(builtinPath('tiny-model', 'en'), model, { recursive: true });
    await writeFile(weights, 'This is no file of weights.');
    const garbage = {
      code: 'InvalidInput',
      message: `${weights} is no safetensors file that can be used: its header would be 2338328219631577000 bytes long. Save the model again with \`save_pretrained(..., safe_serialization=True)\`.`,
    };
    await assert.rejects(check({ tokenize: { model } }), garbage);
    await assert.rejects(check({ evaluate: { others: [model] } }), garbage);
    const norm = new Map([['model.norm.weight', { shape: [3], data: new Float32Array(3) }]]);
    await writeTensors(weights, norm, { dtype: 'F32', metadata: {} });
    await assert.rejects(check({ tokenize: { model } }), {
      code: 'InvalidInput',
      message: `${weights}: model.norm.weight has the shape [3], and config.json expects [192]. Config and weights do not belong together: fetch or save the model again.`,
    });
    norm.set('model.norm.weight', { shape: [192], data: new Float32Array(192) });
    await writeTensors(weights, norm, { dtype: 'F32', metadata: {} });
    await assert.rejects(check({ tokenize: { model } }), {
      code: 'InvalidInput',
      message: `${model}: model.embed_tokens.weight is missing; config.json expects it with shape [3072, 192]. Config and weights do not belong together: fetch or save the model again.`,
    });
  });

  it('names settings of training that would do nothing', async () => {
    await check({ train: { patience: 2, exportBest: true, evaluateEverySteps: 5 } });
    await assert.rejects(check({ train: { patience: 2 } }), {
      code: 'InvalidInput',
      message:
        'patience goes by the held-out loss on the way, and it is not measured: evaluateEverySteps is null. Set evaluateEverySteps, or leave patience out.',
    });
    await assert.rejects(
      check({ train: { patience: 2, exportBest: true } }),
      /^.*patience and exportBest go by/,
    );
  });

  it('names a form of the model that the run will not train', async () => {
    await check({ release: { weights: ['model'] } });
    await check({ release: { weights: ['adapter'] }, train: { method: 'lora' } });
    await assert.rejects(check({ release: { weights: ['adapter'] } }), {
      code: 'InvalidInput',
      message: /cannot hold the adapter: the run trains all weights/,
    });
    await assert.rejects(
      check({ release: { weights: ['difference'] } }),
      /cannot hold the difference: the base model has no weights/,
    );
  });

  it('names a file of rows or seed tasks that is not there', async () => {
    await assert.rejects(check({ generate: { from: join(folder, 'none.json') } }), { code: 'NotFound' });
    await assert.rejects(check({ sample: { seedTasks: '/etc/passwd' } }), { code: 'RefusedPath' });
  });

  it('names the teacher or judge that cannot be asked', async () => {
    await assert.rejects(check({ evaluate: { judge: 'nobody' } }), /There is no teacher profile "nobody"/);
    await assert.rejects(check({ generate: { teacher: 'openai' } }), /needs OPENAI_MODEL/);
    const priced = { OPENAI_MODEL: 'some', ALPACA_OPENAI_PRICE: '1,2' };
    await assert.rejects(check({ generate: { teacher: 'openai' } }, priced), /OPENAI_API_KEY/);
    await assert.rejects(
      check({ generate: { teacher: 'openai' } }, { OPENAI_MODEL: 'some', OPENAI_API_KEY: 'k' }),
      /has no price/,
    );
    await check({ generate: { teacher: 'openai' } }, { ...priced, OPENAI_API_KEY: 'k' });
  });

  it('names the candidate that is not there or cannot be asked', async () => {
    const others = (...candidates: unknown[]) => ({ evaluate: { others: candidates } });
    await assert.rejects(check(others({ teacher: 'nobody' })), /There is no teacher profile "nobody"/);
    await assert.rejects(check(others(join(folder, 'answers.json'))), { code: 'NotFound' });
    await check(others({ teacher: 'offline' }, 'builtin'));
  });

  it('reads the answers and the models to compare with', async () => {
    const others = (...candidates: unknown[]) => ({ evaluate: { others: candidates } });
    const answers = join(folder, 'some-answers.jsonl');
    await writeFile(
      answers,
      '{"instruction":"Name a fruit.","output":"Fig","generator":"x"}\n{"output":"?"}\n',
    );
    await assert.rejects(check(others(answers)), { code: 'InvalidInput', message: /some-answers\.jsonl.*2/ });
    const model = join(folder, 'no-tokenizer');
    await cp(builtinPath('tiny-model', 'en'), model, { recursive: true });
    await rm(join(model, 'tokenizer.json'));
    await assert.rejects(check(others(model)), /tokenizer\.json/);
  });

  it('ends while it reads answers, where it is told to', async () => {
    const answers = join(folder, 'answers-to-read.jsonl');
    await writeFile(answers, '{"instruction":"Name a fruit.","output":"Fig","generator":"x"}\n');
    const input = alpacaInput.parse({ evaluate: { others: [answers] } });
    const store = createLocalStore({ root: join(folder, 'store'), importFolders: [folder] });
    const read = (signal: AbortSignal) => readLaterFiles(input, store, async () => {}, signal);
    await read(new AbortController().signal);
    await assert.rejects(read(AbortSignal.abort(new Error('told to'))), /^Error: told to$/);
  });

  it('reads the template of prompts', async () => {
    const template = join(folder, 'template.json');
    await assert.rejects(check({ tokenize: { template } }), { code: 'NotFound' });
    await writeFile(
      template,
      JSON.stringify({ prompt_input: '{instruction}', prompt_no_input: '{instruction}' }),
    );
    await assert.rejects(check({ tokenize: { template } }), {
      code: 'InvalidInput',
      message: /template\.json cannot be used: prompt_input has \{input\} 0 times/,
    });
    await writeFile(
      template,
      JSON.stringify({ prompt_input: '{instruction} {input}', prompt_no_input: '{instruction}' }),
    );
    await check({ tokenize: { template } });
  });

  it('names the chat template that rows cannot be put into', async () => {
    const file = join(folder, 'form.jinja');
    const chat = async (template: string | null, text = '') => {
      await writeFile(file, text);
      await check({ generate: { turns: 2 }, tokenize: { format: 'chat', template } });
    };
    await chat('builtin:zephyr');
    await assert.rejects(chat(null), {
      code: 'InvalidInput',
      message: /tiny-model has no chat template to put rows into\. Name one as tokenize\.template/,
    });
    await assert.rejects(chat('builtin:chatml'), {
      code: 'InvalidInput',
      message:
        /^The chat template ends an answer with "Blue\.<\|im_end\|>", in which there is no special token of the tokenizer/,
    });
    const each = '{% for m in messages %}{{ m.content + eos_token }}{% endfor %}';
    await assert.rejects(chat(file, `\n{{ strftime_now('%Y') }}${each}`), {
      code: 'InvalidInput',
      message: /^The chat template of .*form\.jinja does not take this conversation in its line 2: /,
    });
    await assert.rejects(
      chat(file, `{% if messages | length > 2 %}{{ raise_exception('one question') }}{% endif %}${each}`),
      /form\.jinja does not take this conversation in its line 1: one question\./,
    );
  });

  it('names what llama.cpp does not take of a base, where a GGUF file is to be released', async () => {
    const weights = ['model', 'gguf-q8_0'];
    await check({ release: { weights } });
    const model = join(folder, 'no-gguf');
    await cp(builtinPath('tiny-model', 'en'), model, { recursive: true });
    const change = async (name: string, fields: object) => {
      const path = join(model, name);
      await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...fields }));
    };
    await change('tokenizer.json', { pre_tokenizer: { type: 'Digits', individual_digits: false } });
    await check({ tokenize: { model } });
    await assert.rejects(check({ tokenize: { model }, release: { weights } }), {
      code: 'InvalidInput',
      message:
        /^llama\.cpp cannot take the tokenizer of .*no-gguf: it has no name for how its pre-tokenizer cuts text\./,
    });
    await change('config.json', { rope_scaling: { rope_type: 'dynamic', factor: 2 } });
    await assert.rejects(check({ tokenize: { model }, release: { weights } }), {
      code: 'InvalidInput',
      message: /^llama\.cpp does not compute .*no-gguf: it has dynamic scaling of its rotary embedding\./,
    });
  });

  it('reads the files that rows must not overlap', async () => {
    const benchmark = join(folder, 'benchmark.jsonl');
    const filter = { decontaminate: { files: ['builtin', benchmark] } };
    await assert.rejects(check({ filter }), { code: 'NotFound' });
    await writeFile(benchmark, '{"answer": 42}\n');
    await assert.rejects(check({ filter }), {
      code: 'InvalidInput',
      message: `${benchmark} has no object with a text in it. Name JSONL or a JSON array of objects: what rows must not overlap.`,
    });
    await writeFile(benchmark, '{"question": "How much?"}\n');
    await check({ filter });
  });

  it('reads what a run in several languages reads later of each: words, classes, what rows must not overlap', async (test) => {
    const own = join(folder, 'languages');
    process.env.ALPACA_LANGUAGES = own;
    test.after(() => delete process.env.ALPACA_LANGUAGES);
    await cp(dirname(builtinPath('language', 'ko')), join(own, 'kx'), { recursive: true });
    const mixed = { languages: { en: 0.5, kx: 0.5 } };
    const filter = { decontaminate: { files: ['builtin'] } };
    await check({ ...mixed, filter });

    await writeFile(join(own, 'kx', 'evaluation-instructions.jsonl'), '{"answer": 42}\n');
    await assert.rejects(check({ ...mixed, filter }), {
      message: /kx\/evaluation-instructions\.jsonl has no object with a text in it\./,
    });
    await rm(join(own, 'kx', 'filter-words.json'));
    await check(mixed);
    await assert.rejects(check({ ...mixed, filter: {} }), { message: /kx\/filter-words\.json: / });

    await writeFile(join(own, 'kx', 'labelled-classes.jsonl'), '{"class":"none"}\n');
    await assert.rejects(check(mixed), { message: /kx\/labelled-classes\.jsonl, line 1: class / });
    await writeFile(join(own, 'kx', 'classes.json'), '{"openings": 3}');
    await assert.rejects(check(mixed), { message: /kx\/classes\.json:1: / });
    await assert.rejects(check({ language: 'kx' }), { message: /kx\/classes\.json:1: / });
    await writeFile(join(own, 'kx', 'language.json'), '{');
    await assert.rejects(check(mixed), { message: /kx\/language\.json:1: / });
    await assert.rejects(check({ languages: { en: 0.5, xx: 0.5 } }), /There is no language "xx"/);
  });

  it('names the model whose prompt template takes no conversations, where rows are to become some', async () => {
    const model = join(folder, 'no-pairs');
    await cp(builtinPath('tiny-model', 'en'), model, { recursive: true });
    const path = join(model, 'tokenizer.json');
    // The first byte of two before every text, which no text has by itself.
    const tokenizer = JSON.parse(await readFile(path, 'utf8'));
    const byte = { id: '\u00c3', type_id: 0 };
    tokenizer.post_processor = {
      ...{
        type: 'TemplateProcessing',
        pair: [],
        single: [{ SpecialToken: byte }, { Sequence: { id: 'A', type_id: 0 } }],
      },
      special_tokens: { [byte.id]: { id: byte.id, ids: [131], tokens: [byte.id] } },
    };
    await writeFile(path, JSON.stringify(tokenizer));
    await check({ tokenize: { model } });
    await assert.rejects(check({ generate: { turns: 2 }, tokenize: { model } }), {
      code: 'InvalidInput',
      message:
        /^generate\.turns is above 1, and the prompt template takes no conversations with .*no-pairs: /,
    });
  });

  it('reads the checkpoint to go on from', async () => {
    const checkpoint = join(folder, 'checkpoint');
    await assert.rejects(check({ train: { continueFrom: checkpoint } }), { code: 'NotFound' });
    await mkdir(checkpoint);
    await writeFile(join(checkpoint, 'state.json'), '{"format":1}');
    await assert.rejects(check({ train: { continueFrom: checkpoint } }), { code: 'CorruptArtifact' });
  });

  it('names the file that a checkpoint to go on from lacks, or that holds no tensors', async () => {
    const continueFrom = join(folder, 'whole');
    const tensors = () => new Map([['w', { shape: [1], data: new Float32Array(1) }]]);
    await writeCheckpoint(continueFrom, {
      state: {
        ...{ format: 1, step: 1, epoch: 0, tokens: 1, heldOut: { best: null, withoutImprovement: 0 } },
        identity: {
          ...{ model: 'm', tokens: 't', plan: 'p', settings: {} },
          parts: { config: 'c', tokenizer: 'k', base: 'b' },
        },
        madeOn: {
          ...{ tensorflow: '2.21.0', device: 'cpu', processor: 'x64', instructionSet: 'avx2' },
          ...{ v8: '13.6', threads: 2 },
        },
      },
      weights: tensors(),
      moments: { first: tensors(), second: tensors() },
    });
    await check({ train: { continueFrom } });
    const [weights, moment] = ['weights', 'second-moment'].map((name) =>
      join(continueFrom, `${name}.safetensors`),
    );
    await rm(String(moment));
    await assert.rejects(check({ train: { continueFrom } }), {
      code: 'NotFound',
      message: `There is no file ${moment}. Check the path; it is read on the worker’s machine.`,
    });
    await writeFile(String(weights), 'none');
    await assert.rejects(check({ train: { continueFrom } }), {
      code: 'InvalidInput',
      message: `${weights} is truncated: it has 4 bytes, and its header alone needs more. Fetch or copy the file again.`,
    });
  });

  it('names what embedding lacks: a teacher, a model, a budget', async () => {
    const dedupe = { embedding: { teacher: 'openai' } };
    await assert.rejects(
      check({ dedupe: { embedding: { teacher: 'nobody' } } }),
      /There is no teacher profile "nobody"/,
    );
    const env = { OPENAI_MODEL: 'some', OPENAI_API_KEY: 'k' };
    await assert.rejects(check({ dedupe }, env), /names no embedding model.*OPENAI_EMBEDDING_MODEL/);
    const priced = { ...env, OPENAI_EMBEDDING_MODEL: 'e', ALPACA_OPENAI_EMBEDDING_PRICE: '0.02' };
    await assert.rejects(check({ dedupe }, priced), /Embedding with e of the teacher "openai" costs money/);
    await check({ dedupe, budgetUsd: 1 }, priced);
    await check({ dedupe: { embedding: { teacher: 'offline' } } });
  });

  it('names what grades lack: a budget, another model for the second judge', async () => {
    const filter = { grade: { judge: 'openai' } };
    const env = { OPENAI_MODEL: 'some', OPENAI_API_KEY: 'k', ALPACA_OPENAI_PRICE: '1,2' };
    await assert.rejects(check({ filter }, env), /The judge "openai" costs money, and there is no budget/);
    await check({ filter, budgetUsd: 1 }, env);
    const twice = { grade: { judge: 'offline', second: 'offline' } };
    await assert.rejects(check({ filter: twice }), /"offline" asks the same model as "offline"/);
  });
});
