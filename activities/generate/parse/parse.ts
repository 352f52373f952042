import { heading, withoutMarker } from '../prompt/prompt.ts';
import { strip, WHITESPACE } from './python-text.ts';
import { unwrapList } from './unwrap-list.ts';

export interface ParseOptions {
  /** the answer goes on from the instruction numbered one above this */
  seedTasksPerPrompt: number;
  /** something else than the model ended the answer (the token limit, a content filter): its last segment is dropped */
  cut: boolean;
  /** a chat model's habit: the answer may begin with the heading that the prompt ended with */
  repeatsHeading: boolean;
  /** a chat model's habit: the list may be wrapped in sentences, a code fence or bold headings */
  wrapsList?: boolean;
  /** where the endpoint does not honour stop sequences: the answer ends before the first of these */
  stop?: readonly string[];
}

export interface ParsedSegment {
  /** its position in the answer, from 0 */
  segment: number;
  instruction: string;
  input: string;
  output: string;
}

export interface ParsedAnswer {
  /** segments with an instruction, an input and an output, in order */
  parsed: ParsedSegment[];
  /** segments in all, the dropped ones too */
  segments: number;
}

/**
 * Splits an answer as the recipe does: on `###`, then each segment into exactly seven parts on
 * `N. Instruction:`, `N. Input:`, `N. Output:`, where N goes by the segment's position and not by what the
 * teacher wrote before. Never throws: what does not fit is a malformed segment.
 */
export function parseAnswer(answer: string, options: ParseOptions): ParsedAnswer {
  const first = options.seedTasksPerPrompt + 1;
  const ended = endAtStops(answer, options.stop ?? []);
  const list = options.wrapsList ? unwrapList(ended, first) : ended;
  const body = options.repeatsHeading || options.wrapsList ? withoutHeading(list, first) : list;
  const texts = `${heading(first)}${body}`.split('###');
  // An answer that this side ended at a stop sequence is whole, however it went on.
  const cut = options.cut && ended.length === answer.length;
  const whole = cut ? texts.slice(0, -1) : texts;
  const parsed: ParsedSegment[] = [];
  for (const [segment, text] of whole.entries()) {
    const parts = text.split(new RegExp(`${first + segment}\\.[${WHITESPACE}]+(Instruction|Input|Output):`));
    const [, , instruction, , input, , output] = parts;
    if (parts.length !== 7 || instruction === undefined || input === undefined || output === undefined)
      continue;
    parsed.push({
      segment,
      instruction: strip(instruction),
      input: withoutMarker(strip(input)),
      output: strip(output),
    });
  }
  return { parsed, segments: texts.length };
}

function withoutHeading(list: string, first: number): string {
  const repeated = new RegExp(
    `^[${WHITESPACE}]*(?:###[${WHITESPACE}]*)?${first}\\.[${WHITESPACE}]+Instruction:`,
  );
  return list.replace(repeated, '');
}

/** The text before the first of the stops that it holds. */
export function endAtStops(answer: string, stop: readonly string[]): string {
  const ends = stop.map((sequence) => answer.indexOf(sequence)).filter((end) => end >= 0);
  return answer.slice(0, Math.min(answer.length, ...ends));
}
