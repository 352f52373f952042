import type { AlpacaInput } from '../../contracts/pipeline.ts';
import { markdownText } from './markdown-text.ts';

/** The single line that the Temporal UI shows, as Markdown, beside a workflow's or a timer's name. */

/** A server refuses 401 bytes, and the workflow's task with them; a UTF-16 unit is three of UTF-8 at the most. */
const LONGEST = 120;

/** `The Alpaca recipe: 2000 instructions from offline` */
export function recipeSummary({
  generate: { target, teacher, from },
}: Pick<AlpacaInput, 'generate'>): string {
  return cut(
    from === null
      ? `The Alpaca recipe: ${target} instructions from ${markdownText(teacher)}`
      : 'The Alpaca recipe, from rows that exist',
  );
}

/** `train, a step of my-run` */
export function stepSummary(name: string, workflowId: string): string {
  return cut(`${name}, a step of ${markdownText(workflowId)}`);
}

/** The ends of a long name tell more than its middle. */
function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)}..${text.slice(2 - LONGEST / 2)}`;
}
