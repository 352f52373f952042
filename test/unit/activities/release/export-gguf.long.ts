import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { readRows } from '../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { withCandidate } from '../../../../activities/evaluate/answers/candidate.ts';
import { unpackGguf } from '../../../../activities/model/gguf/unpack/unpack-gguf.ts';
import { openModel } from '../../../../activities/model/model-process.ts';
import { MODELFILE } from '../../../../activities/release/export-gguf.ts';
import { execute } from '../../../../workers/setup/cache.mjs';
import { dataRowOrSeedTask } from '../../../../workflows/contracts/data.ts';
import { llamaCpp } from '../../../llama-cpp.ts';
import { smolLm2 } from '../../../smollm2.ts';

const PROMPTS = 100;
const NEW_TOKENS = 32;
const CHILD = fileURLToPath(new URL('./export-child.ts', import.meta.url));

const [open, gguf] = [await llamaCpp(), await smolLm2()];
const skip = 'missing' in gguf ? gguf.missing : typeof open === 'string' ? open : false;

/** Where others compute too, a second of a processor is worth less. */
const [load = 0] = loadavg();
const isBusy = load > 1.5;

describe('SmolLM2 of 135 million parameters', { skip }, () => {
  let root: string;
  let model: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-smollm2-'));
    model = join(root, 'smol');
    if ('path' in gguf) await unpackGguf(gguf.path, model);
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

  it('is exported in 500 MB, and where nothing else runs in five seconds, in each form', async () => {
    for (const form of ['f32', 'f16', 'bf16', 'q8_0']) {
      const { took } = await exported(form);
      console.log(`${form}: ${took.seconds.toFixed(1)} s of a processor, ${took.megabytes.toFixed(0)} MB`);
      assert.ok(took.megabytes < 500, `${form}: ${took.megabytes} MB`);
      assert.ok(isBusy || took.seconds < 5, `${form}: ${took.seconds} s`);
    }
  });

  it(`is continued by llama.cpp as here, ${NEW_TOKENS} tokens on 99 of ${PROMPTS} prompts, and loses little in f16 and q8_0`, async () => {
    const { prompts, ours } = await answers(model, root);
    const theirs = await opened((await exported('f32')).path);
    let equal = 0;
    const texts: number[][] = [];
    for (const [i, prompt] of prompts.entries()) {
      const found = await theirs.greedy(prompt, NEW_TOKENS);
      const expected = ours[i] ?? [];
      equal += Number(found.slice(0, expected.length).join() === expected.join());
      texts.push([...prompt, ...expected]);
    }
    console.log(`${equal} of ${prompts.length} prompts are continued alike`);
    assert.ok(equal >= 0.99 * prompts.length, `${equal} of ${prompts.length}`);
    const some = texts.slice(0, 12);
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
});

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

/** What the model here says to evaluation instructions, in its own form, greedily. */
async function answers(model: string, root: string): Promise<{ prompts: number[][]; ours: number[][] }> {
  const rooms = { openModel, workspace: () => mkdtemp(join(root, 'build-')) };
  const questions = await readRows(builtinPath('seed-tasks', 'en'), dataRowOrSeedTask);
  return withCandidate(model, 0, rooms, unwatched, async ({ inference, tokenizer }) => {
    const prompts = await tokenizer.prompts(
      questions.slice(0, PROMPTS).map(({ instruction, input }) => ({ instruction, input })),
    );
    const decoding = { temperature: 0, topP: 1, topK: null, seed: 0, stopIds: [] };
    const ours: number[][] = [];
    for (let i = 0; i < prompts.length; i += 20)
      ours.push(
        ...(await inference.complete(prompts.slice(i, i + 20), { maxNewTokens: NEW_TOKENS, ...decoding })),
      );
    return { prompts, ours };
  });
}
