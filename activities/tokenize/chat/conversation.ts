import { askingContent, asOneMessage, type Message } from '../../../workflows/contracts/data/conversation.ts';
import type { DataRow } from '../../../workflows/contracts/data.ts';
import type { PromptFields } from '../templates.ts';

/** A message, and the input beside it where that is told apart: each form of asking joins the two in its own way. */
export type AskedMessage = Message & { input?: string };

/** Messages with their inputs joined to them: for a model that was taught rows here, or for one with a form of its own. */
export function joinedMessages(
  messages: readonly AskedMessage[],
  { hasOwnForm }: { hasOwnForm: boolean },
): Message[] {
  const join = hasOwnForm ? asOneMessage : askingContent;
  return messages.map(({ input = '', ...message }) => ({
    ...message,
    content: join({ instruction: message.content, input }),
  }));
}

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
