import { hash } from 'node:crypto';
import { chatReply, type Reply } from '../../teacher/scripted-teacher.ts';

/** Whether a prompt asks for the next message of a conversation. */
export function isTurnPrompt(prompt: string): boolean {
  return /### (User|Assistant):$/.test(prompt);
}

/** Tokens that an answer states: a short one. */
const USAGE = { prompt_tokens: 100, completion_tokens: 20 };

/** A question or an answer that no other prompt gets. */
export function answerTurn(prompt: string): Reply {
  const word = `w${hash('sha256', prompt).slice(0, 8)}`;
  const text = prompt.endsWith('### User:') ? `\nWhy is it ${word}?` : `\nBecause of ${word}.\n`;
  return chatReply(text, 'stop', null, USAGE);
}
