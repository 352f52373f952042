import type { AskedMessage } from '../../../activities/tokenize/chat/conversation.ts';

/** A message of a request, its content as text; an empty one says nothing. */
export interface Turn {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';
  text: string;
  /** the recipe's, beside a question */
  input?: string;
}

/**
 * What of a request's messages a model is shown, in the order of chat templates: what is said to it before all else,
 * then questions and their answers by turns, at last the question to answer. Calls of tools and their results are not
 * shown, nor a question that got no answer in words, nor an answer before any question.
 *
 * @param input the recipe's, beside the last question; empty for what that has
 */
export function conversationOf(turns: readonly Turn[], input: string): AskedMessage[] {
  const system = turns.filter(({ role }) => role === 'system' || role === 'developer');
  const shown: AskedMessage[] = [];
  let open: AskedMessage[] = [];
  let isLeft = false;
  for (const { role, text, input: beside = '' } of turns) {
    if (role === 'user') {
      open = [...(isLeft ? [] : open), { role, content: text, input: beside }];
      isLeft = false;
    } else if (role === 'assistant' && text !== '') {
      const last = shown.at(-1);
      if (open.length > 0) shown.push(...open, { role, content: text });
      else if (last) last.content += `\n\n${text}`;
      open = [];
    } else if (role !== 'system' && role !== 'developer') isLeft = true;
  }
  const messages = [
    ...system.map(({ text: content }): AskedMessage => ({ role: 'system', content })),
    ...shown,
    ...open,
  ];
  const asked = messages.at(-1);
  if (asked && input !== '') asked.input = input;
  return messages;
}
