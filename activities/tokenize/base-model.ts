import { constants } from 'node:fs';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../artifacts/atomic.ts';
import { isModelFile } from '../artifacts/model-files.ts';
import { AlpacaError } from '../errors.ts';
import { requireMemory } from '../model/folder/bounds.ts';
import { countParameters, type LlamaConfig } from '../model/folder/config.ts';
import {
  hasWeights,
  type Model,
  RANDOM_MARK,
  readConfig,
  readInitializerRange,
  readModel,
  readWeightsDtype,
} from '../model/folder/folder.ts';
import { initializeWeights } from '../model/folder/initialize.ts';
import { toJson } from '../model/folder/json-file.ts';
import { writeModel } from '../model/folder/write-model.ts';
import {
  createTokenizer,
  readVocabulary,
  type Tokenizer,
  vocabularySize,
} from '../model/tokenizer/tokenizer.ts';
import { readTokenizerFiles, type TokenizerFiles } from '../model/tokenizer/tokenizer-files.ts';
import { CHAT_TEMPLATE_FILE, readChatTemplate } from './chat/chat-template.ts';
import { readOwnChatTemplate } from './chat/taught-template.ts';
import { addMeanRows, addSpecialTokens } from './special-tokens.ts';
import { formatTemplateFile, sameTemplate, TEMPLATE_FILE, templateOf } from './template-file.ts';
import { type PromptTemplate, RECIPE_TEMPLATE } from './templates.ts';
import { formatUntrainedTokens, readUntrainedTokens, UNTRAINED_TOKENS_FILE } from './untrained-tokens.ts';

/** What rows are to be put into: a prompt template, or the text of a chat template; null for the model's own. Plain text is put into nothing. */
export type GivenForm =
  | { format: 'text'; template: null }
  | { format: 'alpaca'; template: PromptTemplate | null }
  | { format: 'chat'; template: string | null };

/** A base model as training starts from it: with weights, and with every special token of the recipe. */
export interface BaseModel {
  tokenizer: Tokenizer;
  /** of its tokenizer, with every special token */
  files: TokenizerFiles;
  /** tokens that the model's context holds */
  maxPositions: number;
  /** tokens that its vocabulary or its embedding lacked, and such as an earlier tokenizing added */
  addedTokens: string[];
  /** the prompt template that rows are put into; what a model without one of its own form is asked in */
  template: PromptTemplate;
  /** the chat template that rows are put into instead; null where they are not */
  chat: string | null;
  /** writes the prepared folder; null where the folder needs no change */
  write: ((path: string) => Promise<void>) | null;
}

/**
 * Looks at a model folder and says what must change: weights to initialize (from `seed`) where it has
 * none, special tokens to add where it lacks them, a template to keep where `form` is another
 * than it was taught with.
 *
 * @throws AlpacaError InvalidInput where the tokenizer has more entries than the embedding has rows, or rows are to be put
 *   into a chat template and there is none
 */
export async function prepareBaseModel(
  path: string,
  seed: number,
  form: GivenForm = { format: 'alpaca', template: null },
): Promise<BaseModel> {
  const config = await readConfig(path);
  const special = addSpecialTokens(await readTokenizerFiles(path), path);
  const vocabulary = readVocabulary(special.files, path);
  const size = vocabularySize(vocabulary) - special.added.length;
  const listed = size - special.named.length;
  if (listed > config.vocabSize) {
    throw new AlpacaError(
      'InvalidInput',
      `The tokenizer in ${path} has ids up to ${listed - 1}, and the model's embedding has ${config.vocabSize} rows.`,
      { remedy: 'Tokenizer and model do not belong together: fetch the folder again.' },
    );
  }
  // A token that the files only name may have a row all the same, and then keeps it.
  const rows = Math.min(size, config.vocabSize);
  const added = [...special.named.slice(rows - listed), ...special.added];
  const addedTokens = [...(await readUntrainedTokens(path)), ...added];
  const trained = await hasWeights(path);
  const taughtWith = await templateOf(path);
  const chat = form.format === 'chat' ? await chatTemplateOf(path, special.files, form.template) : null;
  const tokenizer = createTokenizer(special.files, path);
  const askedWith = await templateAfter(form, taughtWith, (template) =>
    readOwnChatTemplate(path, { files: special.files, tokenizer, template }),
  );
  const replace = new Map([
    ...(special.changed || added.length > 0 ? tokenizerTexts(special.files) : []),
    ...(added.length > 0 ? [untrainedText(addedTokens)] : []),
    ...(trained ? [] : [[RANDOM_MARK, 'These weights are random: nothing has trained them.\n'] as const]),
    ...(sameTemplate(askedWith, taughtWith) ? [] : [templateText(askedWith)]),
    ...(form.format === 'chat' && form.template !== null
      ? [[CHAT_TEMPLATE_FILE, form.template] as const]
      : []),
  ]);
  return {
    tokenizer,
    files: special.files,
    maxPositions: config.maxPositions,
    addedTokens,
    template: askedWith ?? RECIPE_TEMPLATE,
    chat,
    write:
      trained && replace.size === 0
        ? null
        : (to) =>
            writePrepared({
              from: path,
              to,
              config,
              seed,
              trained,
              size: rows,
              added: added.length,
              replace,
            }),
  };
}

/** The tokenizer of the folder that `prepareBaseModel` would write, without looking at the model. */
export async function prepareTokenizer(path: string): Promise<Pick<BaseModel, 'tokenizer' | 'files'>> {
  const { files } = addSpecialTokens(await readTokenizerFiles(path), path);
  return { tokenizer: createTokenizer(files, path), files };
}

/** What the model is asked in once it is trained; null for its chat template. Plain text leaves that as it is. */
async function templateAfter(
  form: GivenForm,
  taughtWith: PromptTemplate | null,
  ownChatTemplate: (template: PromptTemplate) => Promise<string | null>,
): Promise<PromptTemplate | null> {
  if (form.format === 'chat') return null;
  if (form.format === 'alpaca') return form.template ?? taughtWith ?? RECIPE_TEMPLATE;
  return taughtWith === null || (await ownChatTemplate(taughtWith)) !== null ? null : taughtWith;
}

/**
 * The text of the chat template that rows are put into: the one that is given, else the folder's own.
 *
 * @throws AlpacaError InvalidInput where there is neither
 */
export async function chatTemplateOf(
  path: string,
  files: TokenizerFiles,
  given: string | null,
): Promise<string> {
  const text = given ?? (await readChatTemplate(path, files));
  if (text !== null) return text;
  throw new AlpacaError('InvalidInput', `${path} has no chat template to put rows into.`, {
    remedy:
      'Name one as tokenize.template (builtin:chatml, or a file), or leave tokenize.format at "alpaca".',
  });
}

interface Preparation {
  from: string;
  to: string;
  config: LlamaConfig;
  seed: number;
  trained: boolean;
  /** rows of the embedding before the new ones */
  size: number;
  /** how many tokens are new */
  added: number;
  /** files that differ from those in `from` */
  replace: Map<string, string>;
}

async function writePrepared(preparation: Preparation): Promise<void> {
  const { from, to, config, seed, trained, size, added, replace } = preparation;
  const sameTokenizer = !replace.has('tokenizer.json');
  if (trained && sameTokenizer) return copyWith(from, to, replace);
  if (!trained) requireMemory(countParameters(config), from);
  const loaded: Model = trained
    ? await readModel(from)
    : { config, weights: initializeWeights(config, seed, await readInitializerRange(from)) };
  const model = addMeanRows(loaded, size, added);
  const dtype = trained ? await readWeightsDtype(from) : 'float32';
  await writeModel(to, { ...model, from, dtype, replace });
}

/** Weights stay the bytes that they are, and take no memory. */
async function copyWith(from: string, to: string, replace: ReadonlyMap<string, string>): Promise<void> {
  await makeFolder(to);
  for (const name of (await readdir(from)).filter(isModelFile))
    await copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE);
  for (const [name, content] of replace) await writeFile(join(to, name), content);
}

function untrainedText(tokens: readonly string[]): readonly [string, string] {
  return [UNTRAINED_TOKENS_FILE, formatUntrainedTokens(tokens)];
}

function templateText(template: PromptTemplate | null): readonly [string, string] {
  return [TEMPLATE_FILE, formatTemplateFile(template)];
}

function tokenizerTexts({ tokenizer, config, map }: TokenizerFiles): Map<string, string> {
  return new Map([
    ['tokenizer.json', toJson(tokenizer)],
    ['tokenizer_config.json', toJson(config)],
    ['special_tokens_map.json', toJson(map)],
  ]);
}
