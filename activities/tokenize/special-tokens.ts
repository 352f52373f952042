import type { Model } from '../model/folder/folder.ts';
import type { Weight } from '../model/folder/safetensors.ts';
import { type SpecialRole, specialToken, type TokenizerFiles } from '../model/folder/tokenizer.ts';

/** The special tokens that the recipe adds where a tokenizer names none for the role. */
const DEFAULTS: ReadonlyArray<readonly [SpecialRole, string]> = [
  ['pad_token', '[PAD]'],
  ['eos_token', '</s>'],
  ['bos_token', '<s>'],
  ['unk_token', '<unk>'],
];

export interface SpecialTokens {
  files: TokenizerFiles;
  /** tokens that the vocabulary lacked, in the order of their new ids */
  added: string[];
  /** true where a role was missing; its token may have been in the vocabulary already */
  changed: boolean;
}

/**
 * Names a token for every role that has none. One whose text is in the vocabulary already keeps its id;
 * others get the ids from `vocabSize` on.
 */
export function addSpecialTokens(
  files: TokenizerFiles,
  vocabSize: number,
  known: ReadonlySet<string>,
): SpecialTokens {
  const missing = DEFAULTS.filter(([role]) => specialToken(files, role) === null);
  const added = missing.map(([, token]) => token).filter((token) => !known.has(token));
  const roles = Object.fromEntries(missing);
  const entries = added.map((content, i) => ({ id: vocabSize + i, content, ...ADDED_TOKEN }));
  const existing = Array.isArray(files.tokenizer.added_tokens) ? files.tokenizer.added_tokens : [];
  return {
    files: {
      tokenizer: { ...files.tokenizer, added_tokens: [...existing, ...entries] },
      config: { ...files.config, ...roles },
      map: { ...files.map, ...roles },
    },
    added,
    changed: missing.length > 0,
  };
}

/**
 * Gives the embedding (and an untied head) rows for tokens `from` … `from + count - 1`, each the mean of
 * the rows before `from`. A matrix that has spare rows there keeps its size.
 */
export function addMeanRows({ config, weights }: Model, from: number, count: number): Model {
  const vocabSize = Math.max(config.vocabSize, from + count);
  const extended = new Map(weights);
  for (const name of ['model.embed_tokens.weight', 'lm_head.weight']) {
    const weight = weights.get(name);
    if (weight) extended.set(name, extend(weight, vocabSize, from, count));
  }
  return { config: { ...config, vocabSize }, weights: extended };
}

const ADDED_TOKEN = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

function extend({ shape, data }: Weight, vocabSize: number, from: number, count: number): Weight {
  const [, width = 0] = shape;
  const rows = new Float32Array(vocabSize * width);
  rows.set(data);
  const mean = meanRow(data.subarray(0, from * width), width);
  for (let token = from; token < from + count; token += 1) rows.set(mean, token * width);
  return { shape: [vocabSize, width], data: rows };
}

function meanRow(data: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  const rows = data.length / width;
  for (let i = 0; i < data.length; i += 1) sums[i % width] = (sums[i % width] ?? 0) + (data[i] ?? 0);
  return sums.map((sum) => sum / rows);
}
