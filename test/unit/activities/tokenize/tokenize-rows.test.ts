import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readRows, toJsonLines } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { readModel, readWeightsDtype } from '../../../../activities/model/folder/folder.ts';
import { readJsonObject, toJson } from '../../../../activities/model/folder/json-file.ts';
import { writeModel } from '../../../../activities/model/folder/write-model.ts';
import { loadTokenizer } from '../../../../activities/model/tokenizer/tokenizer.ts';
import { tokenizeRows } from '../../../../activities/tokenize/tokenize-rows.ts';
import { readTokens } from '../../../../activities/tokenize/tokens.ts';
import { dataRow } from '../../../../workflows/contracts/data.ts';
import type { StepProgress } from '../../../../workflows/contracts/progress.ts';
import { tokenizeInput } from '../../../../workflows/contracts/tokenize.ts';

const TOKENIZER = fileURLToPath(new URL('../../../fixtures/tokenize/ignore-merges', import.meta.url));
const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 641,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 128,
};
const ROWS = [
  ...Array.from({ length: 18 }, (_, i) => ({
    instruction: `Count to ${i}.`,
    input: '',
    output: `One to ${i}.`,
  })),
  { instruction: 'Repeat the letters.', input: 'x1'.repeat(80), output: 'Done.' },
  { instruction: 'Strike it through.', input: '', output: `<s>${'long '.repeat(40)}` },
];

describe('the tokenize step', () => {
  let root: string;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'tokenize-'));
    store = createLocalStore({ root: join(root, 'store'), importFolders: [root] });
    await writeFile(join(root, 'rows.json'), JSON.stringify(ROWS));
    await cp(TOKENIZER, join(root, 'base'), { recursive: true });
    await writeFile(join(root, 'base', 'config.json'), toJson(CONFIG));
    await writeFile(join(root, 'base', 'initialize-weights'), '');
  });
  after(() => rm(root, { recursive: true }));

  const input = (changes: Record<string, unknown> = {}) =>
    tokenizeInput.parse({
      data: join(root, 'rows.json'),
      model: join(root, 'base'),
      maxLength: 128,
      heldOut: 0.2,
      ...changes,
    });

  it('measures on the rows of another file, where one is given, and learns from all of its own', async () => {
    const held = join(root, 'measured.jsonl');
    await writeFile(
      held,
      `${toJsonLines([
        { instruction: 'Say yes.', input: '', output: 'Yes.' },
        {
          messages: [
            { role: 'user', content: 'Say no.' },
            { role: 'assistant', content: 'No.' },
          ],
        },
      ])}`,
    );
    const result = await tokenizeRows(input({ heldOutData: held }), { store }, unwatched);
    assert.deepEqual([result.tokens.rows, result.heldOutTokens.rows, result.fullyMasked], [19, 2, 1]);
    const texts = await readRows(await store.open(result.heldOutRows), dataRow);
    assert.deepEqual(
      texts.map(({ instruction }) => instruction),
      ['Say yes.', 'Say no.'],
    );
    const { madeFrom } = await store.readManifest(result.heldOutTokens);
    assert.deepEqual(Object.keys(madeFrom ?? {}), ['data', 'model', 'heldOutData']);
  });

  it('gives both sides of the data, counts what was cut, and leaves out what has no target', async () => {
    const result = await tokenizeRows(input(), { store }, unwatched);
    assert.equal(result.truncated, 2);
    assert.equal(result.fullyMasked, 1);
    assert.equal(result.endOfTextLost, 2);
    assert.equal(result.prefixMismatches, 0);
    assert.deepEqual(result.addedTokens, []);
    const training = await readTokens(await store.open(result.tokens));
    const heldOut = await readTokens(await store.open(result.heldOutTokens));
    assert.equal(training.length, result.tokens.rows);
    const rows = [...training, ...heldOut].map(({ row }) => row).sort((a, b) => a - b);
    assert.deepEqual(rows, [...Array(18).keys(), 19]);
    const manifest = await store.readManifest(result.tokens);
    assert.equal(manifest.settings?.rowsSpellingSpecialTokens, 1);
  });

  it('gives the held-out text line by line with its tokens', async () => {
    const result = await tokenizeRows(input(), { store }, unwatched);
    const lines = (await readFile(await store.open(result.heldOutRows), 'utf8')).trim().split('\n');
    const tokens = await readTokens(await store.open(result.heldOutTokens));
    assert.equal(lines.length, tokens.length);
    assert.ok(lines.length > 0);
    for (const [i, line] of lines.entries()) {
      const row = tokens[i]?.row ?? -1;
      assert.deepEqual(JSON.parse(line), { row, ...ROWS[row] });
    }
  });

  it('starts a model that has no weights from the run seed', async () => {
    const one = await tokenizeRows(input(), { store }, unwatched);
    const same = await tokenizeRows(input(), { store }, unwatched);
    const other = await tokenizeRows(input({ runSeed: 7 }), { store }, unwatched);
    assert.equal(one.model.sha256, same.model.sha256);
    assert.equal(one.tokens.sha256, same.tokens.sha256);
    assert.notEqual(one.model.sha256, other.model.sha256);
    const path = await store.open(one.model);
    assert.deepEqual((await readModel(path)).weights.get('model.embed_tokens.weight')?.shape, [641, 8]);
    assert.equal((await loadTokenizer(path)).endOfTextId, 2);
  });

  it('refuses a model whose weights are not there, or are no safetensors', async () => {
    const pickled = join(root, 'pickled');
    await cp(TOKENIZER, pickled, { recursive: true });
    await writeFile(join(pickled, 'config.json'), toJson(CONFIG));
    await writeFile(join(pickled, 'pytorch_model.bin'), 'weights');
    await assert.rejects(tokenizeRows(input({ model: pickled }), { store }, unwatched), {
      code: 'NotFound',
      message:
        /pickled has no weights: neither model\.safetensors nor model\.safetensors\.index\.json, but pytorch_model\.bin, which is not read\. Convert it: pip install transformers torch && python3 -c /,
    });
  });

  it('keeps weights in bf16 where they are', async () => {
    const { model } = await tokenizeRows(input(), { store }, unwatched);
    const half = join(root, 'half');
    const from = await store.open(model);
    await writeModel(half, { ...(await readModel(from)), from, dtype: 'bfloat16' });
    await writeFile(join(half, 'tokenizer_config.json'), toJson({ bos_token: '<s>', eos_token: '</s>' }));
    const text = await readFile(join(half, 'tokenizer.json'), 'utf8');
    await writeFile(join(half, 'tokenizer.json'), text.replaceAll('[PAD]', '[GAP]'));
    const result = await tokenizeRows(input({ model: half }), { store }, unwatched);
    assert.deepEqual(result.addedTokens, ['[PAD]']);
    assert.equal(await readWeightsDtype(await store.open(result.model)), 'bfloat16');
    assert.equal(await readWeightsDtype(from), 'float32');
  });

  it('takes a model that lacks nothing as it is', async () => {
    const { model } = await tokenizeRows(input(), { store }, unwatched);
    const again = await tokenizeRows(input({ model }), { store }, unwatched);
    assert.deepEqual(again.model, model);
  });

  it('adds the special tokens that a model lacks, with mean rows, and keeps its weights', async () => {
    const { model } = await tokenizeRows(input(), { store }, unwatched);
    const bare = join(root, 'bare');
    await cp(await store.open(model), bare, { recursive: true });
    await writeFile(join(bare, 'tokenizer_config.json'), toJson({ bos_token: '<s>', eos_token: '</s>' }));
    const text = await readFile(join(bare, 'tokenizer.json'), 'utf8');
    await writeFile(join(bare, 'tokenizer.json'), text.replaceAll('[PAD]', '[GAP]'));
    const result = await tokenizeRows(input({ model: bare }), { store }, unwatched);
    assert.deepEqual(result.addedTokens, ['[PAD]']);
    const path = await store.open(result.model);
    const [before, after] = [await readModel(bare), await readModel(path)];
    assert.equal(after.config.vocabSize, 642);
    const embedding = after.weights.get('model.embed_tokens.weight')?.data ?? new Float32Array();
    const original = before.weights.get('model.embed_tokens.weight')?.data ?? new Float32Array();
    assert.deepEqual(embedding.subarray(0, 641 * 8), original);
    const mean = original.filter((_, i) => i % 8 === 0).reduce((sum, value) => sum + value, 0) / 641;
    assert.ok(Math.abs((embedding[641 * 8] ?? 0) - mean) < 1e-7);
    assert.equal((await loadTokenizer(path)).padId, 641);

    const again = await tokenizeRows(input({ model: result.model }), { store }, unwatched);
    assert.deepEqual(again.model, result.model);
    assert.deepEqual(again.addedTokens, ['[PAD]'], 'which no training has trained yet');
  });

  it('ends rows with a token that stands in the vocabulary alone and has no role', async () => {
    const unnamed = join(root, 'unnamed');
    await cp(join(root, 'base'), unnamed, { recursive: true });
    await writeFile(join(unnamed, 'tokenizer_config.json'), toJson({ bos_token: '<s>' }));
    await changeJson(join(unnamed, 'tokenizer.json'), (tokenizer) => ({ ...tokenizer, added_tokens: [] }));
    const result = await tokenizeRows(input({ model: unnamed }), { store }, unwatched);
    const named = await tokenizeRows(input(), { store }, unwatched);
    assert.deepEqual([result.endOfTextLost, result.addedTokens], [2, []]);
    assert.deepEqual(
      await readTokens(await store.open(result.tokens)),
      await readTokens(await store.open(named.tokens)),
    );
  });

  it('gives a token that is named and stands nowhere a row, unless the embedding has one for it', async () => {
    const { model } = await tokenizeRows(input(), { store }, unwatched);
    const named = join(root, 'named');
    await cp(await store.open(model), named, { recursive: true });
    const roles = { bos_token: '<s>', eos_token: '<|end|>', unk_token: '<unk>', pad_token: '[PAD]' };
    await writeFile(join(named, 'tokenizer_config.json'), toJson(roles));
    const result = await tokenizeRows(input({ model: named }), { store }, unwatched);
    assert.deepEqual([result.endOfTextLost, result.addedTokens], [2, ['<|end|>']]);
    const path = await store.open(result.model);
    assert.equal((await readModel(path)).config.vocabSize, 642);
    assert.equal((await loadTokenizer(path)).endOfTextId, 641);

    const spare = join(root, 'spare');
    await cp(path, spare, { recursive: true });
    await cp(join(named, 'tokenizer.json'), join(spare, 'tokenizer.json'));
    await rm(join(spare, 'untrained_tokens.json'));
    const again = await tokenizeRows(input({ model: spare }), { store }, unwatched);
    assert.deepEqual([again.endOfTextLost, again.addedTokens], [2, []]);
    const [before, after] = [await readModel(spare), await readModel(await store.open(again.model))];
    assert.deepEqual(after.weights, before.weights);
  });

  it('refuses a length that the model has no positions for', async () => {
    await assert.rejects(tokenizeRows(tokenizeInput.parse({ maxLength: 513 }), { store }, unwatched), {
      code: 'InvalidInput',
      message: /^maxLength is 513, and the model .* has 512 positions\. Set maxLength to 512 or less\.$/,
    });
  });

  it('refuses a tokenizer that is larger than the embedding, by the folder that the user knows', async () => {
    const small = join(root, 'small');
    await cp(TOKENIZER, small, { recursive: true });
    await writeFile(join(small, 'config.json'), toJson({ ...CONFIG, vocab_size: 600 }));
    await writeFile(join(small, 'initialize-weights'), '');
    const refused = {
      code: 'InvalidInput',
      message: new RegExp(
        `^The tokenizer in ${small} has ids up to 640, and the model's embedding has 600 rows\\.`,
      ),
    };
    await assert.rejects(tokenizeRows(input({ model: small }), { store }, unwatched), refused);
    const model = await store.resolve(small, 'model');
    await assert.rejects(tokenizeRows(input({ model }), { store }, unwatched), refused);
  });

  it('refuses data of which nothing is left to train on', async () => {
    await assert.rejects(tokenizeRows(input({ maxLength: 16 }), { store }, unwatched), {
      code: 'InvalidInput',
      message:
        'None of the 20 rows is left to train on. Give more rows, hold out a smaller share, or raise maxLength.',
      remedy: 'Give more rows, hold out a smaller share, or raise maxLength.',
      retryable: false,
    });
    assert.deepEqual(await readdir(join(root, 'store', 'work')), []);
  });

  it('names a bad row by the file and line that the user knows', async () => {
    await writeFile(join(root, 'bad.jsonl'), `${JSON.stringify(ROWS[0])}\n{"instruction":"No output."}\n`);
    await assert.rejects(tokenizeRows(input({ data: join(root, 'bad.jsonl') }), { store }, unwatched), {
      code: 'InvalidInput',
      message: new RegExp(`^${join(root, 'bad.jsonl')}, line 2: output is missing: `),
      remedy: 'Mend that row and start again; nothing was read from the file.',
    });
    assert.deepEqual(await readdir(join(root, 'store', 'work')), []);
  });

  it('names a row with half of a surrogate pair by its line', async () => {
    const half = JSON.stringify({ ...ROWS[0], output: 'x' }).replace('"x"', '"\\ud83d"');
    await writeFile(join(root, 'half.jsonl'), `${JSON.stringify(ROWS[0])}\n${half}\n`);
    await assert.rejects(tokenizeRows(input({ data: join(root, 'half.jsonl') }), { store }, unwatched), {
      code: 'InvalidInput',
      message: /half\.jsonl, line 2: output is .*: half of a surrogate pair, which is no text\. /,
    });
  });

  it('names a NaN, a number for a text and bytes that are no UTF-8 by their line', async () => {
    const good = JSON.stringify(ROWS[0]);
    const refuses = async (line: Uint8Array | string, message: RegExp) => {
      const path = join(root, 'wrong.jsonl');
      await writeFile(path, Buffer.concat([Buffer.from(`${good}\n`), Buffer.from(line)]));
      await assert.rejects(tokenizeRows(input({ data: path }), { store }, unwatched), {
        code: 'InvalidInput',
        message,
      });
    };
    await refuses('{"instruction":"a","input":"","output":NaN}', /wrong\.jsonl, line 2: no valid JSON/);
    await refuses(
      '{"instruction":"a","input":"","output":1}',
      /wrong\.jsonl, line 2: output is 1: expected a text/,
    );
    await refuses(Uint8Array.of(0x22, 0xff, 0x22), /wrong\.jsonl, line 2: not valid UTF-8/);
  });

  it('runs on its defaults: the seed tasks and the tiny model', async () => {
    const result = await tokenizeRows(tokenizeInput.parse({}), { store }, unwatched);
    assert.equal(result.tokens.rows + result.heldOutTokens.rows + result.fullyMasked, 175);
    assert.deepEqual(result.addedTokens, []);
  });

  it('reports its progress and stops between chunks', async () => {
    await mkdir(join(root, 'many'));
    const many = Array.from({ length: 200 }, (_, i) => ({
      instruction: `Say ${i}.`,
      input: '',
      output: `${i}`,
    }));
    await writeFile(join(root, 'many', 'rows.json'), JSON.stringify(many));
    const stop = new AbortController();
    const reports: StepProgress[] = [];
    const attempt = {
      signal: stop.signal,
      report(progress: StepProgress) {
        reports.push(progress);
        if (reports.length === 2) stop.abort();
      },
    };
    await assert.rejects(tokenizeRows(input({ data: join(root, 'many', 'rows.json') }), { store }, attempt), {
      name: 'AbortError',
    });
    assert.deepEqual(reports, [
      { done: 64, total: 200, unit: 'rows' },
      { done: 128, total: 200, unit: 'rows' },
    ]);
    assert.deepEqual(await readdir(join(root, 'store', 'work')), []);
  });

  it('is stopped in the middle of a row, and leaves nothing behind', async () => {
    // A text of one long word keeps the tokenizer busy for longer than this test waits.
    const rows = [{ instruction: 'Say it.', input: '', output: 'ab'.repeat(2_000_000) }];
    await writeFile(join(root, 'long.json'), JSON.stringify(rows));
    const stop = new AbortController();
    const attempt = { signal: stop.signal, report: () => assert.fail('it came to an end') };
    const stopped = tokenizeRows(input({ data: join(root, 'long.json') }), { store }, attempt);
    const timer = setTimeout(() => stop.abort(), 1500);
    await assert.rejects(stopped, { name: 'AbortError' });
    clearTimeout(timer);
    assert.deepEqual(await readdir(join(root, 'store', 'work')), []);
  });
});

async function changeJson(
  path: string,
  change: (content: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  await writeFile(path, toJson(change(await readJsonObject(path))));
}
