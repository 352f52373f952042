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

/** A row as the one message of a conversation. */
export function askingMessages({ instruction, input }: PromptFields, separator = INPUT_SEPARATOR): Message[] {
  return [{ role: 'user', content: input === '' ? instruction : `${instruction}${separator}${input}` }];
}
