import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { requireMemory } from '../../../../../activities/model/folder/bounds.ts';
import { countParameters, parseConfig } from '../../../../../activities/model/folder/config.ts';
import {
  readInitializerRange,
  readModel,
  readWeightsDtype,
} from '../../../../../activities/model/folder/folder.ts';
import { readHeader, readTensors } from '../../../../../activities/model/folder/safetensors.ts';
import { readTokenizerFiles } from '../../../../../activities/model/tokenizer/tokenizer-files.ts';
import { prepareBaseModel } from '../../../../../activities/tokenize/base-model.ts';

/** What is refused is refused within this, whatever it says of its size. */
const AT_ONCE = { timeout: 60_000 };

const SMALL = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 64,
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  max_position_embeddings: 64,
};

describe('the numbers of a config', () => {
  it('are those of every published model of the families, with room above', () => {
    for (const [name, config, billions] of [
      [
        'SmolLM2 135M',
        {
          vocab_size: 49_152,
          hidden_size: 576,
          intermediate_size: 1536,
          num_hidden_layers: 30,
          num_attention_heads: 9,
          num_key_value_heads: 3,
          max_position_embeddings: 8192,
          rope_theta: 100_000,
          tie_word_embeddings: true,
        },
        0.13,
      ],
      [
        'Llama 2 7B',
        {
          vocab_size: 32_000,
          hidden_size: 4096,
          intermediate_size: 11_008,
          num_hidden_layers: 32,
          num_attention_heads: 32,
          max_position_embeddings: 4096,
        },
        6.74,
      ],
      [
        'Qwen2.5 72B',
        {
          architectures: ['Qwen2ForCausalLM'],
          vocab_size: 152_064,
          hidden_size: 8192,
          intermediate_size: 29_568,
          num_hidden_layers: 80,
          num_attention_heads: 64,
          num_key_value_heads: 8,
          max_position_embeddings: 32_768,
          rope_theta: 1e6,
        },
        72.7,
      ],
      [
        'Mistral Large',
        {
          architectures: ['MistralForCausalLM'],
          vocab_size: 32_768,
          hidden_size: 12_288,
          intermediate_size: 28_672,
          num_hidden_layers: 88,
          num_attention_heads: 96,
          num_key_value_heads: 8,
          max_position_embeddings: 131_072,
          rope_theta: 1e6,
          sliding_window: null,
        },
        122.6,
      ],
      [
        'Llama 3.1 405B',
        {
          vocab_size: 128_256,
          hidden_size: 16_384,
          intermediate_size: 53_248,
          num_hidden_layers: 126,
          num_attention_heads: 128,
          num_key_value_heads: 8,
          max_position_embeddings: 131_072,
          rope_theta: 500_000,
        },
        405.9,
      ],
    ] as const) {
      const parameters = countParameters(parseConfig({ ...SMALL, ...config }, name)) / 1e9;
      assert.ok(Math.abs(parameters - billions) / billions < 0.06, `${name}: ${parameters}`);
    }
  });

  it('are each refused at once where no model can have them', AT_ONCE, () => {
    for (const change of [
      { num_hidden_layers: 2_000_000 },
      { num_hidden_layers: 9_007_199_254_740_991 },
      { vocab_size: 1e9 },
      { hidden_size: 1e9 },
      { intermediate_size: 1e9 },
      { num_attention_heads: 1e9 },
      { num_key_value_heads: 1e9 },
      { head_dim: 1e9 },
      { max_position_embeddings: 1e12 },
      { rope_theta: 1e300 },
      { rms_norm_eps: 1e300 },
      { rope_scaling: { rope_type: 'linear', factor: 1e300 } },
      { rope_scaling: { rope_type: 'dynamic', factor: 2, original_max_position_embeddings: 1e12 } },
      { hidden_size: -16 },
      { hidden_size: 0.5 },
      { vocab_size: '64' },
      { layer_types: new Array(1e6).fill('full_attention') },
    ]) {
      const [field = ''] = Object.keys(change);
      assert.throws(
        () => parseConfig({ ...SMALL, ...change }, 'config.json'),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'InvalidInput');
          assert.ok(error.message.startsWith(`config.json: ${field}`), error.message);
          return true;
        },
      );
    }
  });

  it('are refused where each may be and all of them together cannot', AT_ONCE, () => {
    const all = {
      vocab_size: 2 ** 20,
      hidden_size: 2 ** 16,
      intermediate_size: 2 ** 18,
      num_hidden_layers: 512,
      num_attention_heads: 1024,
    };
    assert.throws(() => parseConfig({ ...SMALL, ...all }, 'config.json'), {
      code: 'InvalidInput',
      message: /it describes \d+ parameters; models of up to 1099511627776 are read/,
    });
  });

  it('decide whether there is memory for the weights before any is taken', AT_ONCE, async () => {
    assert.throws(() => requireMemory(6.74e9, 'llama', 16 * 2 ** 30), {
      code: 'InvalidInput',
      message: /^The weights of llama take 25\.1 GiB in memory, and this machine has 16\.0 GiB\./,
    });
    requireMemory(6.74e9, 'llama', 32 * 2 ** 30);
  });
});

describe('the files of a model', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-bounds-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const model = async (name: string) => {
    const path = join(folder, name);
    await cp(builtinPath('tiny-model', 'en'), path, { recursive: true });
    return path;
  };
  const changed = async (name: string, file: string, change: (json: Record<string, never>) => object) => {
    const path = await model(name);
    const { default: json } = await import(join(path, file), { with: { type: 'json' } });
    await writeFile(join(path, file), JSON.stringify(change(structuredClone(json))));
    return path;
  };

  it(
    'without weights are refused where this machine cannot hold those that would be drawn',
    AT_ONCE,
    async () => {
      const sizes = {
        vocab_size: 2 ** 20,
        hidden_size: 2 ** 16,
        intermediate_size: 2 ** 17,
        num_hidden_layers: 10,
      };
      const path = await changed('vast', 'config.json', (json) => ({ ...json, ...sizes }));
      const { write } = await prepareBaseModel(path, 1);
      await assert.rejects(write?.(join(folder, 'written')) ?? Promise.resolve(), {
        code: 'InvalidInput',
        message: /take \d+\.\d GiB in memory, and this machine has/,
      });
    },
  );

  it('with a deviation that no weights can be drawn with are refused', AT_ONCE, async () => {
    for (const range of [1e308, -1]) {
      const path = await changed(`range${range}`, 'config.json', (json) => ({
        ...json,
        initializer_range: range,
      }));
      await assert.rejects(readInitializerRange(path), {
        code: 'InvalidInput',
        message: /initializer_range/,
      });
    }
  });

  const tokenizers: [string, RegExp, (json: Record<string, never>) => object][] = [
    [
      'an id of four billion',
      /has the id 4000000000/,
      (json) => ({ ...json, model: { type: 'BPE', merges: [], vocab: { far: 4e9 } } }),
    ],
    [
      'an added id of four billion',
      /has the id 4000000000/,
      (json) => ({ ...json, added_tokens: [{ id: 4e9, content: '<far>' }] }),
    ],
    [
      'six hundred thousand entries',
      /has 600000 entries/,
      (json) => ({
        ...json,
        model: {
          type: 'BPE',
          merges: [],
          vocab: Object.fromEntries(Array.from({ length: 6e5 }, (_, i) => [`t${i}`, i % 1000])),
        },
      }),
    ],
    [
      'two million merges',
      /has 2000000 merges/,
      (json) => ({ ...json, model: { type: 'BPE', vocab: {}, merges: new Array(2e6).fill('a b') } }),
    ],
    [
      'a hundred thousand added tokens',
      /has 100000 added tokens/,
      (json) => ({
        ...json,
        added_tokens: Array.from({ length: 1e5 }, (_, i) => ({ id: i, content: `<${i}>` })),
      }),
    ],
    [
      'a token of a million characters',
      /has a token of 1000000 characters/,
      (json) => ({ ...json, added_tokens: [{ id: 1, content: 'x'.repeat(1e6) }] }),
    ],
    [
      'an expression of a megabyte',
      /a text of 1000000 characters/,
      (json) => ({
        ...json,
        pre_tokenizer: { type: 'Split', pattern: { Regex: 'x'.repeat(1e6) }, behavior: 'Isolated' },
      }),
    ],
    [
      'a thousand normalizers',
      /has \d+ parts/,
      (json) => ({
        ...json,
        normalizer: { type: 'Sequence', normalizers: new Array(1000).fill({ type: 'NFC' }) },
      }),
    ],
  ];
  for (const [what, message, change] of tokenizers)
    it(`with ${what} in tokenizer.json are refused before the library sees it`, AT_ONCE, async () => {
      const path = await changed(what.replaceAll(' ', '-'), 'tokenizer.json', change);
      await assert.rejects(readTokenizerFiles(path), { code: 'InvalidInput', message });
    });

  it('with a tokenizer.json larger than any are not read', AT_ONCE, async () => {
    const path = await model('long');
    await truncate(join(path, 'tokenizer.json'), 2 ** 33);
    await assert.rejects(readTokenizerFiles(path), {
      code: 'InvalidInput',
      message: /at most 134217728 are read/,
    });
    await truncate(join(path, 'config.json'), 2 ** 33);
    await assert.rejects(readModel(path), { code: 'InvalidInput', message: /at most 16777216 are read/ });
  });

  it('with thousands of special tokens that only other files name are refused', AT_ONCE, async () => {
    const path = await changed('named', 'tokenizer_config.json', (json) => ({
      ...json,
      extra_special_tokens: Array.from({ length: 1e5 }, (_, i) => `<${i}>`),
    }));
    await assert.rejects(readTokenizerFiles(path), { code: 'InvalidInput', message: /has 100000 parts/ });
  });

  it(
    'with more shards than a process may have files open are read, and with any number of them not',
    AT_ONCE,
    async () => {
      const path = await model('shards');
      const name = (shard: number) => `model-${shard}.safetensors`;
      const header = Buffer.from('{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}');
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      const index = (shards: number) =>
        writeFile(
          join(path, 'model.safetensors.index.json'),
          JSON.stringify({
            weight_map: Object.fromEntries(Array.from({ length: shards }, (_, i) => [`t${i}`, name(i)])),
          }),
        );
      for (let shard = 0; shard < 300; shard += 1)
        await writeFile(join(path, name(shard)), Buffer.concat([length, header, Buffer.alloc(2)]));
      await index(300);
      const program = `import('${new URL('../../../../../activities/model/folder/folder.ts', import.meta.url)}').then(async ({ readWeightsDtype }) => console.log(await readWeightsDtype('${path}')))`;
      const said = execFileSync('sh', ['-c', 'ulimit -n 128; exec "$0" -e "$1"', process.execPath, program]);
      assert.equal(String(said), 'bfloat16\n');
      await index(2000);
      await assert.rejects(readWeightsDtype(path), {
        code: 'InvalidInput',
        message: /names 2000 files; at most 1024/,
      });
    },
  );

  it(
    'with a tensor of terabytes, in a file that takes none, are refused before memory is taken',
    AT_ONCE,
    async () => {
      const path = join(folder, 'sparse.safetensors');
      const [values, bytes] = [2 ** 40, 2 ** 42];
      const entry = { dtype: 'F32', shape: [values], data_offsets: [0, bytes] };
      const header = Buffer.from(JSON.stringify({ t: entry }));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      await writeFile(path, Buffer.concat([length, header]));
      await truncate(path, 8 + header.length + bytes);
      const reading = async () => {
        for await (const { data } of readTensors(path)) assert.equal(data.length, values);
      };
      await assert.rejects(reading(), { code: 'InvalidInput', message: /take 4096\.0 GiB in memory/ });
      await rm(path);
    },
  );

  it('with a million tensors, or a header longer than any, are refused', AT_ONCE, async () => {
    const path = join(folder, 'many.safetensors');
    const entries = Array.from(
      { length: 2e5 },
      (_, i) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
    );
    const header = Buffer.from(`{${entries.join()}}`);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await writeFile(path, Buffer.concat([length, header]));
    await assert.rejects(readHeader(path), {
      code: 'InvalidInput',
      message: /has 200000 entries; at most 100000/,
    });
    length.writeBigUInt64LE(99_000_000n);
    await writeFile(path, length);
    await truncate(path, 1e8);
    await assert.rejects(readHeader(path), {
      code: 'InvalidInput',
      message: /header would be 99000000 bytes long/,
    });
  });

  it(
    'whose tensors have shapes that overflow, or a dtype that is not read, are refused',
    AT_ONCE,
    async () => {
      const path = join(folder, 'shapes.safetensors');
      const write = async (entry: object) => {
        const header = Buffer.from(JSON.stringify({ t: entry }));
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(header.length));
        await writeFile(path, Buffer.concat([length, header, Buffer.alloc(16)]));
      };
      const most = Number.MAX_SAFE_INTEGER;
      for (const entry of [
        { dtype: 'F32', shape: [most, most, most], data_offsets: [0, 16] },
        { dtype: 'F32', shape: new Array(9).fill(1), data_offsets: [0, 4] },
        { dtype: 'F32', shape: [4], data_offsets: [0, most] },
        { dtype: 'F32', shape: [4], data_offsets: [16, 0] },
        { dtype: '__proto__', shape: [4], data_offsets: [0, 16] },
        { dtype: 'F64', shape: [2], data_offsets: [0, 16] },
      ]) {
        await write(entry);
        await assert.rejects(readHeader(path), { code: 'InvalidInput' }, JSON.stringify(entry));
      }
    },
  );
});
