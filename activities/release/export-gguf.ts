import { join } from 'node:path';
import type { GgufFormat } from '../../workflows/contracts/release.ts';
import { makeFolder, writeAtomically } from '../artifacts/atomic.ts';
import { AlpacaError, storageError } from '../errors.ts';
import { hasWeights, readConfig } from '../model/folder/folder.ts';
import { ggufContext } from '../model/gguf/architecture.ts';
import { exportGguf } from '../model/gguf/export-gguf.ts';
import { specialToken } from '../model/tokenizer/named-tokens.ts';
import { readStopIds } from '../model/tokenizer/stop-ids.ts';
import { createTokenizer } from '../model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../model/tokenizer/tokenizer-files.ts';
import { readChatTemplate } from '../tokenize/chat/chat-template.ts';
import { nameOfTemplate } from '../tokenize/chat/named-templates.ts';
import { readOwnChatTemplate } from '../tokenize/chat/taught-template.ts';
import { formatTemplateFile, sameTemplate, templateOf } from '../tokenize/template-file.ts';
import { RECIPE_TEMPLATE } from '../tokenize/templates.ts';
import { modelfile } from './modelfile.ts';

export const MODELFILE = 'Modelfile';

export interface GgufFolder {
  /** the GGUF file's name in the folder */
  file: string;
  bytes: number;
}

/**
 * Writes a model folder as NAME-FORM.gguf, which says how the model is asked, and a Modelfile for Ollama beside it.
 *
 * @param model a folder with weights
 * @param out a folder, made where it is not there
 * @throws AlpacaError InvalidInput where llama.cpp would not take the model as it is, or it has no weights
 */
export async function writeGgufFolder(
  model: string,
  { out, form, name }: { out: string; form: GgufFormat; name: string },
): Promise<GgufFolder> {
  if (!(await hasWeights(model)))
    throw new AlpacaError('InvalidInput', `${model} has no weights: they are drawn when training begins.`, {
      remedy: 'Export a model that was trained, such as run:WORKFLOW_ID.',
    });
  const files = await readTokenizerFiles(model);
  const tokenizer = createTokenizer(files, model);
  const template = await templateOf(model);
  const chatTemplate = await readChatTemplate(model, files);
  const isTaught =
    template !== null && (await readOwnChatTemplate(model, { files, tokenizer, template })) === null;
  const textOf = (id: number) => tokenizer.decode([id], { skipSpecialTokens: false });
  const { beginId } = tokenizer;
  const [first] = tokenizer.encode('a', { addSpecialTokens: true });
  const putsBegin = beginId !== null && first === beginId;
  const file = `${name}-${form}.gguf`;
  const text = modelfile({
    file,
    taught: isTaught ? template : null,
    stops: (await readStopIds(model, tokenizer)).map(textOf),
    named: isTaught || chatTemplate === null ? null : await nameOfTemplate(chatTemplate),
    begin: putsBegin ? textOf(beginId) : null,
    spelledBegin: putsBegin ? null : specialToken(files, 'bos_token'),
    contextLength: ggufContext(await readConfig(model)),
  });
  await makeFolder(out);
  try {
    const bytes = await exportGguf({
      ...{ folder: model, path: join(out, file), form, name },
      ...{ tokenizer, files, chatTemplate },
      promptTemplate: sameTemplate(template, RECIPE_TEMPLATE) ? null : formatTemplateFile(template),
    });
    await writeAtomically(join(out, MODELFILE), text);
    return { file, bytes };
  } catch (error) {
    throw storageError(error, out);
  }
}
