import type { DataRow } from '../../workflows/contracts/data.ts';
import type { DedupeInput } from '../../workflows/contracts/dedupe.ts';

/** The text that a row is compared by: its instruction, or of a conversation all that its user says. */
export function comparedText(
  { instruction, messages }: Pick<DataRow, 'instruction' | 'messages'>,
  by: DedupeInput['conversationsBy'],
): string {
  if (messages === undefined || by === 'first-message') return instruction;
  return messages.flatMap(({ role, content }) => (role === 'user' ? [content] : [])).join('\n');
}
