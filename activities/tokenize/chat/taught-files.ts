import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonObject, toJson } from '../../model/folder/json-file.ts';
import { createTokenizer } from '../../model/tokenizer/tokenizer.ts';
import { readTokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';
import { templateOf } from '../template-file.ts';
import { CHAT_TEMPLATE_FILE } from './chat-template.ts';
import { taughtChatTemplate } from './taught-template.ts';

/**
 * What the folder of a trained model says in place of its base: the chat template that it was taught with, where readers
 * of today and older ones look; the token that ends a turn; and the tokenizer class that takes tokenizer.json as it is,
 * since others make a pre-tokenizer and a post-processor of their own (`GPT2Tokenizer` of transformers 5 drops `Digits`).
 *
 * @param base the prepared folder that the model was trained from
 * @returns contents by file name; null for a file that is left out
 */
export async function taughtFiles(base: string): Promise<Map<string, string | null>> {
  // Tokens may be given in place of rows, and then a base needs no tokenizer: nobody can ask it anything.
  if (!(await stat(join(base, 'tokenizer.json')).catch(() => null))?.isFile()) return new Map();
  const files = await readTokenizerFiles(base);
  const tokenizer = createTokenizer(files, base);
  const chatTemplate = taughtChatTemplate(await templateOf(base), tokenizer);
  const { chat_template: _, add_bos_token: __, add_eos_token: ___, ...config } = files.config;
  const generation = await readJsonObject(join(base, 'generation_config.json'), { absent: {} });
  return new Map([
    [CHAT_TEMPLATE_FILE, chatTemplate],
    [
      'tokenizer_config.json',
      toJson({
        model_input_names: ['input_ids', 'attention_mask'],
        ...config,
        tokenizer_class: 'PreTrainedTokenizerFast',
        ...(chatTemplate !== null && { chat_template: chatTemplate }),
      }),
    ],
    ['generation_config.json', toJson({ ...generation, eos_token_id: tokenizer.endOfTextId })],
  ]);
}
