import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readJsonObject, toJson } from '../../../../../activities/model/folder/json-file.ts';
import { parseAddedTokens } from '../../../../../activities/model/tokenizer/added-tokens.ts';
import { loadTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { prepareBaseModel } from '../../../../../activities/tokenize/base-model.ts';
import { missingFromPython, PYTHON } from '../../../../python.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../../../fixtures/tokenize/open_tokenizer.py', import.meta.url));
const METASPACE = fileURLToPath(new URL('../../../../fixtures/tokenize/metaspace', import.meta.url));
const missing = await missingFromPython('transformers', 'tokenizers');
const TEXT = 'one </s> two<x>[PAD]<|end|>';
const CLASS = { tokenizer_class: 'PreTrainedTokenizerFast' };
const MODEL = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 640,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 128,
};

describe('the tokenizer of a prepared model', () => {
  const names: Array<[string, Record<string, unknown>]> = [
    ['nothing', {}],
    ['tokens of the vocabulary', { eos_token: '</s>', pad_token: '[PAD]', unk_token: '<unk>' }],
    ['a new token for the end of text', { eos_token: '<|end|>', additional_special_tokens: ['<x>'] }],
    ['tokens by id', { added_tokens_decoder: { 2: { content: '</s>', special: true, lstrip: true } } }],
  ];
  for (const [what, config] of names) {
    it(`is to transformers what it is here where the base names ${what}`, { skip: missing }, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'written-tokenizer-'));
      try {
        const [base, prepared] = [join(folder, 'base'), join(folder, 'prepared')];
        await cp(METASPACE, base, { recursive: true });
        const tokenizer = await readJsonObject(join(base, 'tokenizer.json'));
        const added_tokens = parseAddedTokens(tokenizer.added_tokens).slice(0, 2);
        await writeFile(join(base, 'tokenizer.json'), toJson({ ...tokenizer, added_tokens }));
        await writeFile(join(base, 'tokenizer_config.json'), toJson({ ...CLASS, ...config }));
        await writeFile(join(base, 'config.json'), toJson(MODEL));
        await writeFile(join(base, 'initialize-weights'), '');
        await (await prepareBaseModel(base, 1)).write?.(prepared);
        const ours = await loadTokenizer(prepared);
        const ids = ours.encode(TEXT, { addSpecialTokens: true });
        const { stdout } = await run(PYTHON, [SCRIPT, prepared, TEXT]);
        assert.deepEqual(JSON.parse(stdout), {
          ids,
          decoded: ours.decode(ids, { skipSpecialTokens: true }),
          eos: ours.endOfTextId,
          pad: ours.padId,
          size: ours.vocabSize,
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});
