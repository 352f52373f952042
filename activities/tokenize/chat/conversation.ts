import type { PromptFields } from '../templates.ts';

/** One message of a conversation, as chat templates take it. */
export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/**
 * What stands in a user message between an instruction and its input, whatever the template: the first of it in a message
 * divides. Documented in docs/tokenize.md and in model cards.
 */
export const INPUT_SEPARATOR = '\n\n### Input:\n';

/** What a user message asks of a row. */
export function askingContent({ instruction, input }: PromptFields, separator = INPUT_SEPARATOR): string {
  return input === '' ? instruction : `${instruction}${separator}${input}`;
}

/** A row as the one message of a conversation. */
export function askingMessages(fields: PromptFields, separator = INPUT_SEPARATOR): Message[] {
  return [{ role: 'user', content: askingContent(fields, separator) }];
}
