/** What a row of a chat is refused by, in place of a field that it has not. */
export interface ChatRow {
  reason: string;
  remedy: string;
}

/** What is to be said of a row that is a chat, as OpenAI's format or ShareGPT's has it; null where it is none. */
export function chatRow(row: unknown): ChatRow | null {
  if (typeof row !== 'object' || row === null || 'instruction' in row) return null;
  const field = Object.entries(row).find(
    ([name, turns]) => TURNS.includes(name) && Array.isArray(turns),
  )?.[0];
  if (field === undefined) return null;
  return {
    reason: `it is a chat with its turns in "${field}", and rows of instruction, input and output are read`,
    remedy:
      'Write each chat of one question as {"instruction": the user’s text, "input": "", "output": the answer}.',
  };
}

const TURNS = ['messages', 'conversations', 'conversation'];
