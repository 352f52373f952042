import type { DataRow } from '../../../workflows/contracts/data.ts';
import { AlpacaError } from '../../errors.ts';
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts';
import type { TokenizerFiles } from '../../model/tokenizer/tokenizer-files.ts';
import { openChatTemplate } from '../chat/chat-template.ts';
import { conversationOfRow } from '../chat/conversation.ts';
import { taughtChatTemplate } from '../chat/taught-template.ts';
import { type MaskedRow, type MaskOptions, maskRow } from './mask.ts';
import {
  type ConversationForm,
  type ConversationOptions,
  conversationForm,
  maskConversation,
} from './mask-conversation.ts';
import { maskText } from './mask-text.ts';

/** What rows are put into, and how. */
export interface MaskerOptions extends MaskOptions, ConversationOptions {
  /** the chat template that every row is put into; null where the prompt template is */
  chat: { text: string; name: string } | null;
  /** whether rows are plain text, which is learnt as it stands */
  isText: boolean;
  /** what messages call the data */
  dataName: string;
}

/** What rows become, each as many examples as it gives; `first` is the place of the first in the data, from 0. */
export type Masker = (rows: readonly DataRow[], first: number) => MaskedRow[][];

/**
 * Masks rows: in a chat template every row is a conversation; in the prompt template a row that is one is rendered as
 * the trained model's chat template does, earlier turns as earlier pairs.
 *
 * @throws AlpacaError InvalidInput where the chat template cannot be read; masking throws it naming the row
 */
export function createMasker(
  { tokenizer, files }: { tokenizer: Tokenizer; files: TokenizerFiles },
  options: MaskerOptions,
): Masker {
  const { chat, template, dataName } = options;
  let form =
    chat && conversationForm(openChatTemplate(chat.text, files, { ...chat, timeless: true }), tokenizer);
  const ofPairs = (): ConversationForm => {
    const text = taughtChatTemplate(template, tokenizer);
    if (text === null) throw noConversations();
    return conversationForm(openChatTemplate(text, files, { name: 'the prompt template' }), tokenizer);
  };
  const mask = (row: DataRow): MaskedRow[] => {
    if (options.isText) return maskText(row.output, tokenizer, options);
    if (chat === null && row.messages === undefined) return [maskRow(row, tokenizer, options)];
    form ??= ofPairs();
    const messages = chat === null ? row.messages : undefined;
    return maskConversation(messages ?? conversationOfRow(row), form, options);
  };
  return (rows, first) =>
    rows.map((row, place) => {
      try {
        return mask(row);
      } catch (error) {
        if (!(error instanceof AlpacaError) || error.code !== 'InvalidInput') throw error;
        const where = `${dataName}, row ${first + place + 1}`;
        throw new AlpacaError('InvalidInput', `${where}: ${error.message}`, { cause: error });
      }
    });
}

function noConversations(): AlpacaError {
  return new AlpacaError(
    'InvalidInput',
    'It is a conversation, and no chat template gives the ids that this tokenizer gives a prompt.',
    { remedy: 'Choose tokenize.format "chat", or give rows of instruction, input and output.' },
  );
}
