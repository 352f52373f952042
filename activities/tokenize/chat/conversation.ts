import { asOneMessage, type Message } from '../../../workflows/contracts/data/conversation.ts';
import type { RecipeRow } from '../../../workflows/contracts/data.ts';
import type { PromptFields } from '../templates.ts';

/**
 * What stands in a user message between an instruction and its input, whatever the template: the first of it in a message
 * divides. Documented in docs/tokenize.md and in model cards.
 */
export const INPUT_SEPARATOR = '\n\n### Input:\n';

/** What a user message asks of a row. */
export function askingContent({ instruction, input }: PromptFields): string {
  return input === '' ? instruction : `${instruction}${INPUT_SEPARATOR}${input}`;
}

/** A row as the one message of a conversation with a model that knows nothing of the recipe. */
export function askingMessages(fields: PromptFields): Message[] {
  return [{ role: 'user', content: asOneMessage(fields) }];
}

/** A row as a conversation with such a model. */
export function conversationOfRow(row: RecipeRow): Message[] {
  return [...askingMessages(row), { role: 'assistant', content: row.output }];
}
