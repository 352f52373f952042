import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pretrain } from '../../../../../workers/command/model/pretrain.ts';

const TOKENIZER = fileURLToPath(new URL('../../../../fixtures/tokenize/ignore-merges', import.meta.url));
const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  ...{ vocab_size: 641, hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1 },
  ...{ num_attention_heads: 2, max_position_embeddings: 128 },
};

describe('alpaca pretrain', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'pretrain-'));
    process.env.ALPACA_STATE = join(root, 'state');
    await cp(TOKENIZER, join(root, 'base'), { recursive: true });
    await writeFile(join(root, 'base', 'config.json'), JSON.stringify(CONFIG));
    await writeFile(join(root, 'base', 'initialize-weights'), '');
    const texts = Array.from({ length: 80 }, (_, i) => `The cat has ${i % 7} tails. The dog has none.`);
    await writeFile(join(root, 'texts.txt'), texts.join('\n\n'));
  });
  after(() => rm(root, { recursive: true }));

  it('learns plain text in packed pieces, once through unless more is asked for', async () => {
    const results: { steps: number; loss: { before: number; after: number } }[] = [];
    const terminal = {
      json: true,
      verbose: false,
      say() {},
      result: (value: unknown) => results.push(value as never),
    };
    const options = {
      ...{ data: join(root, 'texts.txt'), out: join(root, 'out'), model: join(root, 'base') },
      ...{ maxLength: '64', packedLength: '64', globalBatch: '8' },
    };
    await pretrain(options, terminal, new AbortController().signal);
    const [result] = results;
    assert.equal(result?.steps, 9);
    assert.ok(result.loss.after < result.loss.before - 0.1, JSON.stringify(result.loss));
    const metrics = (await readFile(join(root, 'out', 'metrics.jsonl'), 'utf8')).trim().split('\n');
    const [first = '{}'] = metrics;
    const { tokens, targets } = JSON.parse(first) as { tokens: number; targets: number };
    // Of eight texts every token but each one's first.
    assert.equal(targets, tokens - 8);
  });
});
