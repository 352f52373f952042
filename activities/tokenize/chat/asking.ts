import type { DataRow } from '../../../workflows/contracts/data.ts';
import { AlpacaError } from '../../errors.ts';
import type { Example } from '../../model/example.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { TokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';
import { type ConversationForm, conversationForm, maskConversation } from '../mask/mask-conversation.ts';
import { formatPrompt, type PromptFields, type PromptTemplate } from '../templates.ts';
import { openChatTemplate } from './chat-template.ts';
import { type AskedMessage, askingMessages, conversationOfRow, joinedMessages } from './conversation.ts';
import { readOwnChatTemplate, taughtChatTemplate, WITHOUT_FRAME } from './taught-template.ts';

/** What a model is asked: a text to continue as it stands, a row, or a conversation. */
export type Asked = string | PromptFields | readonly AskedMessage[];

/** How a model folder is asked. */
export interface Asking {
  /** true for a chat model: its chat template is none that rows were put into here */
  hasOwnForm: boolean;
  /** a conversation can be put into the prompt template, as pairs: some text has the ids of its prompts */
  takesPairs: boolean;
  promptIds(asked: Asked): number[];
  /**
   * A row as the conversation of an own form, its targets the answers and what ends each; null where there is no such
   * form, or the row does not fit it.
   */
  exampleInOwnForm(row: DataRow): Example | null;
}

/**
 * Reads how a model folder is asked: by its own chat template where it has one, which for what was trained here says
 * the same as `template`; else by `template`.
 *
 * @param template what rows are put into
 * @throws AlpacaError InvalidInput where its chat template is too large; asking throws it where that is no Jinja that is
 *   known here, or does not take a conversation
 */
export async function openAsking(
  folder: string,
  { files, tokenizer, template }: { files: TokenizerFiles; tokenizer: Tokenizer; template: PromptTemplate },
): Promise<Asking> {
  const taught = taughtChatTemplate(template, tokenizer);
  const own = await readOwnChatTemplate(folder, { files, tokenizer, template });
  const hasOwnForm = own !== null;
  const text = own ?? taught ?? taughtChatTemplate(template, WITHOUT_FRAME) ?? '';
  let opened: ConversationForm | null = null;
  // Opened once it is needed: who continues a text has no use for it.
  const form = () => {
    opened ??= conversationForm(openChatTemplate(text, files, { name: folder }), tokenizer);
    return opened;
  };
  const addSpecialTokens = !hasOwnForm && taught === null;
  const idsOf = (messages: readonly AskedMessage[]) => {
    const { text: prompt } = form().template.render(joinedMessages(messages, { hasOwnForm }), { asks: true });
    return tokenizer.encode(prompt, { addSpecialTokens });
  };
  return {
    hasOwnForm,
    takesPairs: taught !== null,
    promptIds(asked) {
      if (typeof asked === 'string') return tokenizer.encode(asked, { addSpecialTokens: true });
      if (!('instruction' in asked)) return idsOf(asked);
      if (hasOwnForm) return idsOf(askingMessages(asked));
      return tokenizer.encode(formatPrompt(asked, template), { addSpecialTokens: true });
    },
    exampleInOwnForm(row) {
      if (!hasOwnForm) return null;
      try {
        const [whole] = maskConversation(conversationOfRow(row), form(), AS_IT_STANDS);
        return whole === undefined || whole.prefixMismatch ? null : whole;
      } catch (error) {
        if (error instanceof AlpacaError && error.code === 'InvalidInput') return null;
        throw error;
      }
    },
  };
}

const AS_IT_STANDS = {
  maxLength: Number.MAX_SAFE_INTEGER,
  trainOnPrompt: false,
  specialTokensInRows: 'parse',
  rewrittenTurns: 'as-rendered',
} as const;
