import { firstTextFault, type TextFault } from '../../../workflows/contracts/data/text.ts';
import { isWholeEnd } from '../../teacher/answer/ends.ts';
import { withoutThinking } from '../../teacher/answer/thinking.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { endAtStops } from '../parse/parse.ts';
import { strip, WHITESPACE } from '../parse/python-text.ts';
import { STOPS } from './requests.ts';
import { type Habits, withoutMarkdown, withoutOpening, withoutStart } from './wrapping.ts';

/** Why an instance is dropped; `input-twice` drops all of its task. */
type InstanceDrop =
  | 'input-is-output'
  | 'output-empty'
  | 'ends-with-colon'
  | 'input-twice'
  | 'same-instance'
  | 'beyond-five'
  | TextFault;

/** An instance of a task; `segment` is its place in the answer, from 0 on. */
interface Instance {
  segment: number;
  input: string;
  output: string;
}

export interface ReadInstances {
  /** those that are kept, in the answer's order */
  instances: Instance[];
  /** how many there were in the answer; at least 1 */
  asked: number;
  /** how many of them could be read: the others have no form, or were cut off */
  parsed: number;
  /** how many of the parsed ones were dropped, by reason */
  dropped: Partial<Record<InstanceDrop, number>>;
}

/** The original keeps so many of a task. */
const MOST_INSTANCES = 5;

/**
 * The instances in the answer to one prompt, read and filtered as the original does. Where it keeps five at random these are
 * the first five; where it leaves the order to chance this is the answer's. Never throws.
 */
export function readInstances(
  entry: Pick<LedgerEntry, 'text' | 'finishReason' | 'outcome'>,
  isClassification: boolean,
  profile: Habits & Pick<TeacherProfile, 'thinkingMarks'>,
): ReadInstances {
  if (entry.outcome === 'refused') return { instances: [], asked: 0, parsed: 0, dropped: {} };
  const answer = plainAnswer(withoutThinking(entry.text, profile.thinkingMarks), profile);
  const ended = endAtStops(answer, STOPS.instances);
  const found = isClassification ? labelled(ended) : examples(ended);
  const isCut = !isWholeEnd(entry.finishReason) && ended.length === answer.length;
  const read = (isCut ? found.slice(0, -1) : found).map((instance, segment) => ({ segment, ...instance }));
  const dropped: ReadInstances['dropped'] = {};
  const drop = (reason: InstanceDrop) => {
    dropped[reason] = (dropped[reason] ?? 0) + 1;
  };
  const instances = keep(read, drop);
  return { instances, asked: Math.max(1, found.length), parsed: read.length, dropped };
}

function plainAnswer(answer: string, { wrapsList, repeatsHeading }: Habits): string {
  const plain = wrapsList ? withoutOpening(withoutMarkdown(answer), MARKED) : answer;
  return repeatsHeading || wrapsList ? withoutStart(plain, '(?:Task:[^\\n]*(?:\\n|$))?') : plain;
}

type Read = Omit<Instance, 'segment'>;

const SPACES = `[${WHITESPACE}]*`;
const EXAMPLE = new RegExp(`Example[${WHITESPACE}]?\\p{Nd}*\\.?`, 'u');
const OUTPUT = new RegExp(`Output${SPACES}\\p{Nd}*${SPACES}:`, 'u');
const INPUT = new RegExp(`Input${SPACES}\\p{Nd}*${SPACES}:`, 'u');
const INPUT_FIRST = new RegExp(`^${INPUT.source}`, 'u');
const LABEL = 'Class label:';
const MARKED = 'Example|Input|Output|Class label|Task:';

/** `Example N` before each, or one `Output:`; what has neither has no form. */
function examples(text: string): Read[] {
  const answer = strip(text);
  if (EXAMPLE.test(answer)) return answer.split(EXAMPLE).map(strip).filter(isNotEmpty).map(inputAndOutput);
  return OUTPUT.test(answer) ? [inputAndOutput(answer)] : [];
}

function isNotEmpty(text: string): boolean {
  return text !== '';
}

function inputAndOutput(text: string): Read {
  const [before = '', after] = text.split(OUTPUT);
  const [input, output] = after === undefined ? ['', text] : [strip(before), after];
  return { input: strip(input.replace(INPUT_FIRST, '')), output: strip(output.split(INPUT)[0] ?? '') };
}

/** `Class label:` before each: the rest of its line is the output, the lines below are the input. */
function labelled(text: string): Read[] {
  return text
    .split(LABEL)
    .slice(1)
    .map((block) => {
      const lines = strip(block);
      const end = lines.indexOf('\n');
      return end < 0
        ? { output: lines, input: '' }
        : { output: strip(lines.slice(0, end)), input: strip(lines.slice(end + 1)) };
    });
}

function keep(read: readonly Instance[], drop: (reason: InstanceDrop) => void): Instance[] {
  const valid = read.filter((instance) => {
    const reason = faultOf(instance);
    if (reason !== null) drop(reason);
    return reason === null;
  });
  if (saysTwoOutputs(valid)) {
    for (const _ of valid) drop('input-twice');
    return [];
  }
  const seen = new Set<string>();
  const different = valid.filter(({ input, output }) => {
    const content = JSON.stringify([input, output]);
    if (!seen.has(content)) return seen.add(content);
    drop('same-instance');
    return false;
  });
  for (const _ of different.slice(MOST_INSTANCES)) drop('beyond-five');
  return different.slice(0, MOST_INSTANCES);
}

function faultOf({ input, output }: Instance): InstanceDrop | null {
  if (input === output) return 'input-is-output';
  if (output === '') return 'output-empty';
  if (input.endsWith(':') || output.endsWith(':')) return 'ends-with-colon';
  return firstTextFault([input, output]);
}

/** One input that is not empty has two outputs. */
function saysTwoOutputs(instances: readonly Instance[]): boolean {
  const outputs = new Map<string, string>();
  return instances.some(({ input, output }) => {
    const other = outputs.get(input);
    outputs.set(input, output);
    return input !== '' && other !== undefined && other !== output;
  });
}
