import type { Message } from '../../../../../workflows/contracts/data/conversation.ts';
import { madeRows } from './made-rows.ts';

/**
 * Conversations of one to eight turns, a third with a system message, a third ending with a question that nobody answered;
 * every fifth answer begins with what was thought before it, and every seventh text begins or ends with white space.
 */
export function madeConversations(count: number): Message[][] {
  const rows = madeRows(count * 8);
  return Array.from({ length: count }, (_, index) => {
    const turns = rows.slice(index * 8, index * 8 + 1 + (index % 8));
    return [
      ...(index % 3 === 0 ? [{ role: 'system' as const, content: `Be ${rows[index]?.output}`.trim() }] : []),
      ...turns.flatMap(({ instruction, output }, turn) => {
        const user = { role: 'user' as const, content: instruction };
        const isOpen = index % 3 === 1 && turn > 0 && turn === turns.length - 1;
        const content = (index + turn) % 7 === 0 ? `\n ${output}` : output.trim();
        const thought = (index + turn) % 5 === 0 ? '<think>\nFirst this.\n</think>\n\n' : '';
        return isOpen ? [user] : [user, { role: 'assistant' as const, content: `${thought}${content}` }];
      }),
    ];
  });
}
