import { z } from 'zod';
import {
  askedIn,
  askingContent,
  asOneMessage,
  type Message,
} from '../../../workflows/contracts/data/conversation.ts';
import type { DataRow } from '../../../workflows/contracts/data.ts';

/** What `seeds/languages/LANGUAGE/turns.json` holds: what a prompt for a message of each side begins with. */
export const turnTexts = z.strictObject({ user: z.string().min(1), assistant: z.string().min(1) });
export type TurnTexts = z.infer<typeof turnTexts>;

export type Speaker = keyof TurnTexts;

/** What stands before a message in a prompt; the teacher goes on behind the last. */
const HEADINGS: Record<Speaker, string> = { user: '### User:', assistant: '### Assistant:' };

/** An answer ends before the next message. */
export const TURN_STOPS: readonly string[] = Object.values(HEADINGS);

/** A row as a conversation so far: its messages, or the two of its first turn, with its input told apart. */
export function messagesOf(row: DataRow): Message[] {
  return (
    row.messages ?? [
      { role: 'user', content: askingContent(row) },
      { role: 'assistant', content: row.output },
    ]
  );
}

/** A message as the teacher is shown it: an input is a paragraph more. */
export function shown(content: string): string {
  return asOneMessage(askedIn(content));
}

/** The prompt for the next message of a conversation. */
export function conversationPrompt(messages: readonly Message[], speaker: Speaker, texts: TurnTexts): string {
  const said = messages.map(
    ({ role, content }) => `${HEADINGS[role === 'assistant' ? role : 'user']}\n${shown(content).trim()}`,
  );
  return [texts[speaker].trimEnd(), ...said, HEADINGS[speaker]].join('\n\n');
}
