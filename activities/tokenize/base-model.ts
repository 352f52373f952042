import { AlpacaError } from '../errors.ts';
import type { LlamaConfig } from '../model/folder/config.ts';
import {
  hasWeights,
  type Model,
  readConfig,
  readInitializerRange,
  readModel,
  writeModel,
} from '../model/folder/folder.ts';
import { initializeWeights } from '../model/folder/initialize.ts';
import { toJson } from '../model/folder/json-file.ts';
import {
  createTokenizer,
  readTokenizerFiles,
  readVocabulary,
  type Tokenizer,
  type TokenizerFiles,
  vocabularySize,
} from '../model/folder/tokenizer.ts';
import { addMeanRows, addSpecialTokens } from './special-tokens.ts';

/** A base model as training starts from it: with weights, and with every special token of the recipe. */
export interface BaseModel {
  tokenizer: Tokenizer;
  /** tokens that its vocabulary lacked */
  addedTokens: string[];
  /** writes the prepared folder; null where the folder needs no change */
  write: ((path: string) => Promise<void>) | null;
}

/**
 * Looks at a model folder and says what must change: weights to initialize (from `seed`) where it has
 * none, special tokens to add where it lacks them.
 *
 * @throws AlpacaError InvalidInput where the tokenizer has more entries than the embedding has rows
 */
export async function prepareBaseModel(path: string, seed: number): Promise<BaseModel> {
  const config = await readConfig(path);
  const files = await readTokenizerFiles(path);
  const vocabulary = readVocabulary(files, path);
  const size = vocabularySize(vocabulary);
  if (size > config.vocabSize) {
    throw new AlpacaError(
      'InvalidInput',
      `The tokenizer in ${path} has ids up to ${size - 1}, and the model's embedding has ${config.vocabSize} rows.`,
      { remedy: 'Tokenizer and model do not belong together: fetch the folder again.' },
    );
  }
  const special = addSpecialTokens(files, size, new Set(vocabulary.keys()));
  const trained = await hasWeights(path);
  return {
    tokenizer: createTokenizer(special.files, path),
    addedTokens: special.added,
    write:
      trained && !special.changed
        ? null
        : (to) => writePrepared({ from: path, to, config, seed, trained, size, special }),
  };
}

interface Preparation {
  from: string;
  to: string;
  config: LlamaConfig;
  seed: number;
  trained: boolean;
  size: number;
  special: { files: TokenizerFiles; added: string[]; changed: boolean };
}

async function writePrepared({ from, to, config, seed, trained, size, special }: Preparation): Promise<void> {
  const loaded: Model = trained
    ? await readModel(from)
    : { config, weights: initializeWeights(config, seed, await readInitializerRange(from)) };
  const model = addMeanRows(loaded, size, special.added.length);
  await writeModel(to, {
    ...model,
    from,
    replace: special.changed ? tokenizerTexts(special.files) : new Map(),
  });
}

function tokenizerTexts({ tokenizer, config, map }: TokenizerFiles): Map<string, string> {
  return new Map([
    ['tokenizer.json', toJson(tokenizer)],
    ['tokenizer_config.json', toJson(config)],
    ['special_tokens_map.json', toJson(map)],
  ]);
}
