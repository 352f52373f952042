import { WHITESPACE } from './python-text.ts';

/*
 * Chat models like to wrap the list that they were asked to go on with: an opening sentence, a Markdown code
 * fence, headings in bold, a closing sentence. Each is undone only where what it leaves behind could not have
 * been read before, so that an answer without the habit comes back as it is.
 */

/**
 * The list that an answer wraps, up to its own heading where it repeats that.
 *
 * @param first the number of the instruction that the answer goes on from
 */
export function unwrapList(answer: string, first: number): string {
  const plain = withoutBoldHeadings(answer);
  const opening = openingOf(plain, first);
  if (opening === '') return plain;
  return withoutClosing(plain.slice(opening.length), FENCE_LINE.test(opening));
}

const SPACE = `[${WHITESPACE}]`;

/** `**4. Instruction:**`, `**4. Instruction**:` and `4. **Instruction:**` at the start of a line. */
const BOLD_HEADING =
  /^(#*[^\S\n]*)(?:\*\*(\d+\.\s+(?:Instruction|Input|Output))(?::\*\*|\*\*:)|(\d+\.\s+)\*\*(Instruction|Input|Output)(?::\*\*|\*\*:))/gm;

function withoutBoldHeadings(answer: string): string {
  return answer.replace(
    BOLD_HEADING,
    (_, before: string, whole?: string, number?: string, name?: string) =>
      `${before}${whole ?? `${number}${name}`}:`,
  );
}

const FENCE_LINE = /^[^\S\n]*```[\w-]*[^\S\n]*$/m;

/** What stands before the list; empty where nothing does. */
function openingOf(answer: string, first: number): string {
  const heading = new RegExp(`(?:###${SPACE}*)?${first}\\.${SPACE}+Instruction:`).exec(answer);
  const before = heading === null ? '' : answer.slice(0, heading.index);
  // With a heading of the list before it, it would be no opening but the list itself.
  if (before.trim() !== '' && !anyHeading(first).test(before)) return before;
  return FENCE_OR_PHRASE.exec(answer)?.[0] ?? '';
}

function anyHeading(first: number): RegExp {
  return new RegExp(`${first}\\.${SPACE}+(?:Input|Output):|###`);
}

/** A fence, or a sentence of assent that ends in a colon, on lines of their own, where no heading follows. */
const FENCE_OR_PHRASE =
  /^\s*(?:(?:sure|certainly|of course|absolutely|okay)\b[^\n]*:[^\S\n]*\n[^\S\n]*\n(?:\s*```[\w-]*[^\S\n]*\n)?|```[\w-]*[^\S\n]*\n)/i;

function withoutClosing(list: string, fenced: boolean): string {
  const body = fenced ? beforeClosingFence(list) : list;
  const last = body.search(/\n[^\S\n]*\n(?![\s\S]*\n[^\S\n]*\n\s*\S)\s*\S[\s\S]*$/);
  return last >= 0 && ABOUT_THE_LIST.test(body.slice(last)) ? body.slice(0, last) : body;
}

/** A last paragraph that speaks of the list and not of the task before it. */
const ABOUT_THE_LIST =
  /^\s*(?:let me know|feel free|i hope|hope|these|this|would you like|if you)\b[^\n]*\b(?:tasks?|instructions?|examples?|list|collection)\b[^\n]*\s*$/i;

/** Up to the fence that closes the list: the last line of three backticks, where their number is odd. */
function beforeClosingFence(list: string): string {
  const fences = [...list.matchAll(/^[^\S\n]*```[\w-]*[^\S\n]*$/gm)];
  const last = fences.at(-1);
  return last !== undefined && fences.length % 2 === 1 ? list.slice(0, last.index) : list;
}
