import { EMBEDDING, HEAD } from '../model/folder/config.ts';
import type { Model } from '../model/folder/folder.ts';
import type { Weight } from '../model/folder/safetensors.ts';
import { type AddedVocabulary, addedVocabulary } from '../model/tokenizer/added-vocabulary.ts';
import { type SpecialRole, specialToken } from '../model/tokenizer/named-tokens.ts';
import { type TokenizerFiles, usable } from '../model/tokenizer/tokenizer-files.ts';

/** The special tokens that the recipe adds where a tokenizer names none for the role. */
const DEFAULTS: ReadonlyArray<readonly [SpecialRole, string]> = [
  ['pad_token', '[PAD]'],
  ['eos_token', '</s>'],
  ['bos_token', '<s>'],
  ['unk_token', '<unk>'],
];

export interface SpecialTokens {
  files: TokenizerFiles;
  /** tokens that no vocabulary had, in the order of their new ids: those that the files name already … */
  named: string[];
  /** … and those that take a role that was missing */
  added: string[];
  /** true where a role was missing; its token may have been in the vocabulary already */
  changed: boolean;
}

/**
 * Names a token for every role that has none, and lists in tokenizer.json all that the files name. A token
 * whose text is in the vocabulary already keeps its id; others get the next ids.
 *
 * @param path for messages
 * @throws AlpacaError InvalidInput where libraries would differ in those ids
 */
export function addSpecialTokens(files: TokenizerFiles, path: string): SpecialTokens {
  const missing = DEFAULTS.filter(([role]) => specialToken(files, role) === null);
  const inRoles = missing.map(([, token]) => token);
  const { json, named, more } = usable(path, (): AddedVocabulary => addedVocabulary(files, inRoles));
  const roles = Object.fromEntries(missing);
  return {
    files: {
      ...files,
      tokenizer: { ...files.tokenizer, added_tokens: json },
      config: { ...files.config, ...roles },
      map: { ...files.map, ...roles },
    },
    named,
    added: more,
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
  for (const name of [EMBEDDING, HEAD]) {
    const weight = weights.get(name);
    if (weight) extended.set(name, extend(weight, vocabSize, from, count));
  }
  return { config: { ...config, vocabSize }, weights: extended };
}

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
