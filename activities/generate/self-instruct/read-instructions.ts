import { firstTextFault, type TextFault } from '../../../workflows/contracts/data/text.ts';
import { isWholeEnd } from '../../teacher/answer/ends.ts';
import { withoutThinking } from '../../teacher/answer/thinking.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import type { FilterName, InstructionFilter } from '../parse/filters.ts';
import { endAtStops } from '../parse/parse.ts';
import { collapseWhitespace, strip, WHITESPACE } from '../parse/python-text.ts';
import { SHOWN_INSTRUCTIONS } from './draw.ts';
import { STOPS } from './requests.ts';
import { type Habits, withoutMarkdown, withoutOpening } from './wrapping.ts';

/** An instruction that a teacher made, its place in the answer from 0 on, and why it is dropped, if it is. */
interface ReadInstruction {
  segment: number;
  instruction: string;
  drop: FilterName | TextFault | null;
}

export interface ReadInstructions {
  /** in the answer's order, the dropped ones too */
  instructions: ReadInstruction[];
  /** how many the answer was expected to have, or had: those not read are malformed */
  asked: number;
}

/** Bytes. More than 150 words of real text have; a longer one is dropped as `too-long`, so that a prompt's worst case is known. */
export const LONGEST_INSTRUCTION_BYTES = 2400;

/** An answer goes on from instruction 9, and ends before 16. */
export const ASKED_INSTRUCTIONS = 7;

/**
 * The instructions of one answer, as the original reads them: split at each numbered line, white space collapsed, the first
 * letter made a capital and all others small. An answer that its token limit ended is dropped whole. Never throws.
 */
export function readInstructions(
  entry: Pick<LedgerEntry, 'text' | 'finishReason' | 'outcome'>,
  filter: InstructionFilter,
  profile: Habits & Pick<TeacherProfile, 'thinkingMarks'>,
): ReadInstructions {
  if (entry.outcome === 'refused') return { instructions: [], asked: 0 };
  const { list, ended } = listOf(withoutThinking(entry.text, profile.thinkingMarks), profile);
  const pieces = list.split(NUMBERED_LINE);
  const asked = Math.max(ASKED_INSTRUCTIONS, pieces.length);
  // An answer that this side ended at a stop is whole, however it went on.
  if (!isWholeEnd(entry.finishReason) && !ended) return { instructions: [], asked };
  const instructions = pieces
    .map((piece, segment) => ({ segment, instruction: capitalize(strip(collapseWhitespace(piece))) }))
    .filter(({ instruction }) => instruction !== '')
    .map((read) => ({ ...read, drop: dropOf(read.instruction, filter) }));
  return { instructions, asked };
}

const NUMBERED_LINE = new RegExp(`\\n\\p{Nd}+[${WHITESPACE}]?\\. `, 'u');

function dropOf(instruction: string, filter: InstructionFilter): ReadInstruction['drop'] {
  const fault = firstTextFault([instruction]) ?? filter(instruction);
  return fault ?? (Buffer.byteLength(instruction) > LONGEST_INSTRUCTION_BYTES ? 'too-long' : null);
}

/** A list that begins anew: where the second instruction comes next, the line before it is the first. */
const LIST_START = `(?!${SHOWN_INSTRUCTIONS + 2}\\b)\\d+\\s?\\. `;

/** The numbered list of an answer, from behind its first number on, and whether this side ended it. */
function listOf(answer: string, { wrapsList, repeatsHeading }: Habits): { list: string; ended: boolean } {
  const unwrapped = wrapsList ? withoutOpening(withoutMarkdown(answer), LIST_START) : answer;
  const list = repeatsHeading || wrapsList ? unwrapped.replace(/^\s*\d+\s?\.(?=\s)/, '') : unwrapped;
  if (!wrapsList) {
    const kept = endAtStops(list, STOPS.instructions);
    return { list: kept, ended: kept.length < list.length };
  }
  // A list of a chat model has blank lines between its points: it ends at the first that no number follows.
  const kept = endAtStops(list, STOPS.instructions.slice(1)).split(/\n\s*\n(?!\s*\d+\s?\. )/)[0] ?? '';
  return { list: kept, ended: kept.length < list.length };
}

/** Python's `str.capitalize()`: of the digraphs that have a title case of their own it takes the capital. */
export function capitalize(text: string): string {
  const [first = ''] = text;
  const upper = first.toUpperCase();
  const [initial = ''] = upper;
  return initial + upper.slice(initial.length).toLowerCase() + lowerRest(text.slice(first.length), first);
}

/** A sigma that ends a word is written otherwise: what stands before counts too. */
function lowerRest(rest: string, first: string): string {
  return (first + rest).toLowerCase().slice(first.toLowerCase().length);
}
