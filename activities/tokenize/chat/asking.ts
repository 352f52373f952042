import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import { type Example, IGNORED_LABEL } from '../../model/example.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { TokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';
import { formatPrompt, type PromptFields, type PromptTemplate } from '../templates.ts';
import { openChatTemplate, readChatTemplate } from './chat-template.ts';
import { askingMessages, type Message } from './conversation.ts';
import { taughtChatTemplate, WITHOUT_FRAME } from './taught-template.ts';

/** What a model is asked: a text to continue as it stands, a row, or a conversation. */
export type Asked = string | PromptFields | readonly Message[];

/** How a model folder is asked. */
export interface Asking {
  /** true for a chat model: its chat template is none that rows were put into here */
  hasOwnForm: boolean;
  promptIds(asked: Asked): number[];
  /**
   * A row as the conversation of an own form, its targets the answer and what ends it; null where there is no such form,
   * or a prompt in it is not how the whole conversation begins.
   */
  exampleInOwnForm(row: RecipeRow): Example | null;
}

/** Between an instruction and its input, for a model that knows nothing of the recipe. */
const PARAGRAPH = '\n\n';

/**
 * Reads how a model folder is asked: by its own chat template where it has one, which for what was trained here says
 * the same as `template`; else by `template`.
 *
 * @param template what rows are put into
 * @param stopIds ids that end an answer
 * @throws AlpacaError InvalidInput where its chat template cannot be read
 */
export async function openAsking(
  folder: string,
  { files, tokenizer, template }: { files: TokenizerFiles; tokenizer: Tokenizer; template: PromptTemplate },
  stopIds: readonly number[],
): Promise<Asking> {
  const taught = taughtChatTemplate(template, tokenizer);
  const found = await readChatTemplate(folder, files);
  const hasOwnForm = found !== null && found !== taught;
  const text = hasOwnForm ? found : (taught ?? taughtChatTemplate(template, WITHOUT_FRAME) ?? '');
  const render = openChatTemplate(text, files, folder);
  const addSpecialTokens = !hasOwnForm && taught === null;
  const idsOf = (messages: readonly Message[], asks: boolean) =>
    tokenizer.encode(render(messages, { asks }), { addSpecialTokens });
  return {
    hasOwnForm,
    promptIds(asked) {
      if (typeof asked === 'string') return tokenizer.encode(asked, { addSpecialTokens: true });
      if (!('instruction' in asked)) return idsOf(asked, true);
      if (hasOwnForm) return idsOf(askingMessages(asked, PARAGRAPH), true);
      return tokenizer.encode(formatPrompt(asked, template), { addSpecialTokens: true });
    },
    exampleInOwnForm(row) {
      if (!hasOwnForm) return null;
      const messages = askingMessages(row, PARAGRAPH);
      const prompt = idsOf(messages, true);
      const whole = idsOf([...messages, { role: 'assistant', content: row.output }], false);
      if (prompt.some((id, place) => whole[place] !== id)) return null;
      const end = whole.findLastIndex((id) => stopIds.includes(id));
      const inputIds = Int32Array.from(whole.slice(0, end < prompt.length ? whole.length : end + 1));
      return { inputIds, labels: inputIds.slice().fill(IGNORED_LABEL, 0, prompt.length) };
    },
  };
}
