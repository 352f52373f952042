import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPreTokenizer } from '../../activities/model/tokenizer/pre-tokenizer.ts';
import { byteCharacters } from '../../activities/model/tokenizer/text-encoder.ts';
import { formatPrompt } from '../../activities/tokenize/templates.ts';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { trainBytePairs } from './byte-pairs.ts';

export const ENTRIES = 32_000;

const SPECIAL = ['<unk>', '<s>', '</s>', '[PAD]'];
const PRE_TOKENIZER = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

/** Writes a base model without weights: a byte-level BPE of 32,000 entries, trained on the rows. */
export async function writeModelFolder(path: string, rows: readonly RecipeRow[]): Promise<void> {
  const spell = byteCharacters();
  const alphabet = Array.from({ length: 256 }, (_, byte) => byte).map(characterOf);
  const { vocabulary, merges } = trainBytePairs(countPieces(rows, spell), alphabet, SPECIAL, ENTRIES);
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({ id, content, ...ADDED_TOKEN })),
    normalizer: null,
    pre_tokenizer: PRE_TOKENIZER,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: { ...PRE_TOKENIZER, add_prefix_space: true },
    model: { type: 'BPE', ...MODEL, vocab: vocabulary, merges },
  };
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(join(path, 'tokenizer_config.json'), JSON.stringify(ROLES));
  await writeFile(join(path, 'config.json'), JSON.stringify(CONFIG));
  await writeFile(join(path, 'initialize-weights'), '');
}

function countPieces(rows: readonly RecipeRow[], spell: (piece: string) => string): Map<string, number> {
  const { cut } = createPreTokenizer(PRE_TOKENIZER);
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const piece of cut(formatPrompt(row) + row.output, true))
      counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return new Map([...counts].map(([piece, count]) => [spell(piece), count]));
}

/** GPT-2's character for a byte: printable bytes stand for themselves, the others for those from 256 on. */
function characterOf(byte: number, _: number, bytes: readonly number[]): string {
  const others = bytes.filter((other) => !isPrintable(other));
  return String.fromCodePoint(isPrintable(byte) ? byte : 256 + others.indexOf(byte));
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

const ADDED_TOKEN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
const MODEL = {
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
};
const ROLES = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', pad_token: '[PAD]' };

/** A model that is small beside its tokenizer, so that the step's time is tokenizing. */
const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: ENTRIES,
  hidden_size: 64,
  intermediate_size: 172,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  hidden_act: 'silu',
  tie_word_embeddings: true,
  bos_token_id: 1,
  eos_token_id: 2,
};
