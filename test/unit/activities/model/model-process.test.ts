import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../activities/errors.ts';
import { writeAdapter } from '../../../../activities/model/adapter/folder.ts';
import { initializeAdapter, type LoraConfig } from '../../../../activities/model/adapter/lora.ts';
import { mergeAdapter } from '../../../../activities/model/adapter/merge.ts';
import { readModel } from '../../../../activities/model/folder/folder.ts';
import { writeModel } from '../../../../activities/model/folder/write-model.ts';
import { openModel } from '../../../../activities/model/model-process.ts';
import { ChildProcess } from '../../../../activities/process/child-process.ts';
import { raggedExamples, randomWeights, tinyConfig } from './tiny-model.ts';

const READ_ERROR = { code: 'ECONNRESET', message: 'read ECONNRESET' };
const completion = { maxNewTokens: 6, temperature: 0, topP: 1, seed: 1, stopIds: [] };

describe('a model in a child process', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-model-'));
    const weights = randomWeights(tinyConfig, 1);
    await writeModel(join(root, 'model'), { config: tinyConfig, weights, from: null });
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('answers in the order of the question, however it groups the work', async (test) => {
    const model = await openModel(join(root, 'model'), unwatched);
    test.after(() => model.close());
    const rows = raggedExamples(tinyConfig.vocabSize, [30, 5, 12, 41], 3);
    const together = await model.losses(rows);
    assert.deepEqual(
      together.map(({ targets }) => targets),
      [14, 3, 6, 19],
    );
    for (const [i, row] of rows.entries()) {
      const [alone] = await model.losses([row]);
      assert.ok(Math.abs((alone?.sum ?? 0) - (together[i]?.sum ?? 1)) < 1e-3);
    }
    const completions = await model.complete(
      [
        [1, 2],
        [3, 4, 5],
      ],
      completion,
    );
    assert.deepEqual(await model.complete([[3, 4, 5]], completion), completions.slice(1));
  });

  it('names the row of the data, and the prompt, that has too many tokens', async (test) => {
    const model = await openModel(join(root, 'model'), unwatched);
    test.after(() => model.close());
    const [long, short] = raggedExamples(tinyConfig.vocabSize, [65, 5], 3);
    assert.ok(long && short);
    await assert.rejects(
      model.losses([
        { ...short, row: 34 },
        { ...long, row: 35 },
      ]),
      /^.*Row 35 has 65 tokens, and the model has 64 positions\. Tokenize with a smaller maxLength\.$/,
    );
    await assert.rejects(
      model.complete([[...long.inputIds]], completion),
      /^.*Prompt 0 has 65 tokens, and the model has 64 positions\. Shorten the prompt\.$/,
    );
  });

  it('computes with an adapter of a PEFT folder as with the merged model', async (test) => {
    const base = join(root, 'model');
    const { config, weights } = await readModel(base);
    const lora: LoraConfig = { rank: 2, alpha: 4, dropout: 0, targets: ['k_proj'], trainedTokens: [] };
    const adapter = initializeAdapter(config, weights, lora, 3);
    for (const { data } of adapter.values())
      data.forEach((_, i) => {
        data[i] = 0.1 * ((i % 7) - 3);
      });
    const adapterPath = join(root, 'adapter');
    await writeAdapter(adapterPath, { config, lora, weights: adapter, base: weights, from: base });
    const merged = join(root, 'merged');
    await writeModel(merged, { config, weights: mergeAdapter(config, weights, adapter, lora), from: null });

    const rows = raggedExamples(tinyConfig.vocabSize, [30, 5], 3);
    const answers = async (path: string, options: { adapterPath?: string }) => {
      const model = await openModel(path, unwatched, options);
      test.after(() => model.close());
      return [await model.losses(rows), await model.complete([[1, 2]], completion)];
    };
    const adapted = await answers(base, { adapterPath });
    assert.deepEqual(adapted, await answers(merged, {}));
    assert.notDeepEqual(adapted, await answers(base, {}));
  });

  it('passes on what the child throws, with its code and its remedy once', async (test) => {
    const model = await openModel(join(root, 'model'), unwatched);
    test.after(() => model.close());
    await assert.rejects(model.complete([[1], [99]], completion), {
      code: 'InvalidInput',
      message:
        'Prompt 1 has the token id 99, and the model knows ids below 37. Tokenize the data with the tokenizer of this model.',
    });
    assert.equal((await model.complete([[1]], completion))[0]?.length, 6, 'the model goes on answering');
  });

  it('passes on all that an error of the child says: its cause, and when to try again', async (test) => {
    const entry = new URL('../process/failing-child.ts', import.meta.url);
    const child = new ChildProcess<string, never>(entry, unwatched);
    test.after(() => child.close());
    const ours: unknown = await child.ask('ours').catch((error) => error);
    assert.ok(ours instanceof AlpacaError);
    assert.equal(ours.code, 'StorageFull');
    assert.equal(ours.message, 'The disk is full.\nLast line:\n Free some space.');
    assert.equal(ours.remedy, 'Free some space.');
    assert.equal(ours.retryAfterMs, 1500);
    assert.equal(ours.retryable, false);
    assert.match(ours.stack ?? '', /failing-child\.ts/);
    assert.ok(ours.cause instanceof Error);
    assert.deepEqual({ ...ours.cause, message: ours.cause.message }, READ_ERROR);
  });

  it('passes on an error of the system with its code', async (test) => {
    const entry = new URL('../process/failing-child.ts', import.meta.url);
    const child = new ChildProcess<string, never>(entry, unwatched);
    test.after(() => child.close());
    await assert.rejects(child.ask('the system’s'), READ_ERROR);
  });

  it('says that the folder is missing', async () => {
    await assert.rejects(openModel(join(root, 'nowhere'), unwatched), { code: 'NotFound' });
  });

  it('ends at once with the signal of the attempt', async () => {
    const controller = new AbortController();
    const model = await openModel(join(root, 'model'), { signal: controller.signal, report() {} });
    const prompts = Array.from({ length: 64 }, () => [1, 2]);
    const answer = model.complete(prompts, { ...completion, maxNewTokens: 60 });
    controller.abort(new Error('cancelled'));
    await assert.rejects(answer, /cancelled/);
    await model.close();
  });

  it('ends a child that owes an answer and says nothing, so that the attempt is tried again', async () => {
    const silent = new URL('../process/silent-child.ts', import.meta.url);
    const child = new ChildProcess<string, never>(silent, unwatched, async () => {}, {
      name: 'tokenizing',
      silenceMs: 500,
    });
    await assert.rejects(child.ask('anything'), {
      code: 'ProcessDied',
      retryable: true,
      message: /^The tokenizing process \d+ said nothing for 0\.5 seconds and was ended\. /,
    });
    await child.close();
  });

  it('reports a child that dies: how, what can be done, and then what it said last', async () => {
    const dying = new URL('../process/dying-child.ts', import.meta.url);
    const child = new ChildProcess<string, never>(dying, unwatched);
    await assert.rejects(child.ask('anything'), {
      code: 'ProcessDied',
      message:
        /^The model process \d+ ended with the code 3\. It is started again; where that goes on, lack of memory is the most frequent cause\. It said last:\nthe last words$/,
    });
    await assert.rejects(child.ask('again'), { code: 'ProcessDied' });
    await child.close();
  });
});
