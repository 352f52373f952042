import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AlpacaError } from '../../errors.ts';
import { IGNORED_LABEL } from '../../model/example.ts';
import { readJsonObject, toJson } from '../../model/folder/json-file.ts';
import { readStopIds } from '../../model/tokenizer/stop-ids.ts';
import { createTokenizer, type Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import { readTokenizerFiles, type TokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';
import { conversationForm, maskProbe } from '../mask/mask-conversation.ts';
import { templateOf } from '../template-file.ts';
import { CHAT_TEMPLATE_FILE, openChatTemplate, readChatTemplate } from './chat-template.ts';
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
  const template = await templateOf(base);
  const { chatTemplate, endIds } =
    template === null
      ? await taughtInChat(base, files, tokenizer)
      : { chatTemplate: taughtChatTemplate(template, tokenizer), endIds: tokenizer.endOfTextId };
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
    ['generation_config.json', toJson({ ...generation, eos_token_id: endIds })],
  ]);
}

/** A base's own chat template, and what ends an answer in it, beside what ended one before. */
async function taughtInChat(
  base: string,
  files: TokenizerFiles,
  tokenizer: Tokenizer,
): Promise<{ chatTemplate: string | null; endIds: number[] }> {
  const chatTemplate = await readChatTemplate(base, files);
  const ends = endsOfAnswers(base, chatTemplate ?? '', files, tokenizer);
  return { chatTemplate, endIds: [...new Set([...ends, ...(await readStopIds(base, tokenizer))])] };
}

/** Plain text is learnt beside any template, also one that cannot be read or ends an answer with no token. */
function endsOfAnswers(base: string, text: string, files: TokenizerFiles, tokenizer: Tokenizer): number[] {
  try {
    const form = conversationForm(openChatTemplate(text, files, { name: base }), tokenizer);
    const examples = maskProbe(form, { turns: 1, rewrittenTurns: 'as-rendered' });
    const learnt = examples.flatMap(({ labels }) => [...labels].filter((label) => label !== IGNORED_LABEL));
    return learnt.filter((id) => form.specialIds.has(id)).slice(-1);
  } catch (error) {
    if (error instanceof AlpacaError && error.code === 'InvalidInput') return [];
    throw error;
  }
}
