import { asOneMessage, type Message } from '../../../workflows/contracts/data/conversation.ts';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import type { PromptFields } from '../templates.ts';

/** A row as the one message of a conversation with a model that knows nothing of the recipe. */
export function askingMessages(fields: PromptFields): Message[] {
  return [{ role: 'user', content: asOneMessage(fields) }];
}

/** A row as a conversation with such a model; messages that were brought in are as they are. */
export function conversationOfRow(row: DataRow): Message[] {
  const { messages, provenance } = row;
  if (messages === undefined) return [...askingMessages(row), { role: 'assistant', content: row.output }];
  return provenance?.turns === undefined ? messages : [...askingMessages(row), ...messages.slice(1)];
}
