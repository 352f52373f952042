import { z } from 'zod';
import { ADJECTIVES } from '../vocabulary/language.ts';
import { CITIES } from '../vocabulary/places.ts';
import { NOUNS } from '../vocabulary/things.ts';
import { TOPICS } from '../vocabulary/topics.ts';
import type { Task } from './family.ts';
import type { Random } from './random.ts';

const share = (byDefault: number, meaning: string) =>
  z.number().min(0).max(1).default(byDefault).describe(meaning);

/** Faults of content that real teachers show: shares of the tasks, the last two of whole answers. */
export const contentFaults = z.strictObject({
  nearDuplicate: share(0.05, 'says an earlier task of the same answer again in almost the same words'),
  brokenNumbering: share(0.02, 'numbers the Input and Output of a task wrongly'),
  truncatedTask: share(0.015, 'breaks a task off within its input or output'),
  forbiddenWord: share(0.03, 'asks for what a text model cannot do: an image, a graph, a program'),
  missingOutput: share(0.015, 'leaves the Output of a task out'),
  shortInstruction: share(0.02, 'writes an instruction of two or three words'),
  repeatedHeading: share(
    0,
    'begins the answer with the heading that the prompt ended with, as chat models do',
  ),
  refusal: share(0, 'refuses the whole answer, with the finish reason content_filter'),
});
export type ContentFaults = z.infer<typeof contentFaults>;

type TaskFault = Exclude<keyof ContentFaults, 'repeatedHeading' | 'refusal'>;

const TASK_FAULTS: readonly TaskFault[] = [
  'nearDuplicate',
  'brokenNumbering',
  'truncatedTask',
  'forbiddenWord',
  'missingOutput',
  'shortInstruction',
];

/** Draws the fault of one task, or null for none. */
export function drawTaskFault(random: Random, faults: ContentFaults): TaskFault | null {
  let left = random.next();
  for (const fault of TASK_FAULTS) {
    left -= faults[fault];
    if (left < 0) return fault;
  }
  return null;
}

/**
 * A task as the teacher writes it, from behind its `{number}. Instruction:` on. `earlier` are the
 * well-formed tasks of the same answer.
 */
export function writeTask(
  task: Task,
  number: number,
  fault: TaskFault | null,
  earlier: readonly Task[],
  random: Random,
): string {
  switch (fault) {
    case null:
    case 'nearDuplicate':
    case 'forbiddenWord':
    case 'shortInstruction':
      return block(contentOf(task, fault, earlier, random), number);
    case 'brokenNumbering':
      return block(task, number, number + random.pick([-1, 1]));
    case 'truncatedTask': {
      const whole = block(task, number);
      const outputAt = whole.length - task.output.length;
      return whole.slice(0, outputAt - random.integer(2, 12)).trimEnd();
    }
    case 'missingOutput':
      return block(task, number).split(`\n${number}. Output:`)[0] ?? '';
  }
}

/**
 * A task as the teacher writes it in a list of JSON objects: faults of numbering have no place there, and
 * one that breaks off or lacks its output is an object without one.
 */
export function writeTaskObject(
  task: Task,
  fault: TaskFault | null,
  earlier: readonly Task[],
  random: Random,
): Partial<WrittenTask> {
  const { instruction, input, output } = contentOf(task, fault, earlier, random);
  return fault === 'missingOutput' || fault === 'truncatedTask'
    ? { instruction, input }
    : { instruction, input, output };
}

type WrittenTask = Pick<Task, 'instruction' | 'input' | 'output'>;

/** What a task says, with those faults that are of its words and not of its form. */
export function contentOf(
  task: Task,
  fault: TaskFault | null,
  earlier: readonly Task[],
  random: Random,
): WrittenTask {
  switch (fault) {
    case 'nearDuplicate':
      return earlier.length > 0 ? almostTheSame(random.pick(earlier), random) : task;
    case 'forbiddenWord':
      return { ...task, input: '', ...random.pick(IMPOSSIBLE)(random) };
    case 'shortInstruction':
      return { ...task, input: '', ...tooShort(random) };
    default:
      return task;
  }
}

function block({ instruction, input, output }: WrittenTask, number: number, label = number): string {
  return ` ${instruction}\n${label}. Input:\n${input || '<noinput>'}\n${label}. Output:\n${output}`;
}

function almostTheSame(task: Task, random: Random): Task {
  const addition = random.pick([' please', ' now', ' carefully', ' again']);
  return { ...task, instruction: task.instruction.replace(/[.?]?$/, (end) => `${addition}${end}`) };
}

const IMPOSSIBLE: readonly ((random: Random) => { instruction: string; output: string })[] = [
  (random) => {
    const [adjective, noun] = [random.pick(ADJECTIVES), random.pick(NOUNS)];
    return {
      instruction: `Draw the ${adjective} ${noun} that stands in ${random.pick(CITIES)}.`,
      output: `Here is the ${adjective} ${noun}.`,
    };
  },
  (random) => ({
    instruction: `Describe the image of ${random.pick(TOPICS)} from ${random.pick(CITIES)}.`,
    output: `The image shows ${random.pick(TOPICS)}.`,
  }),
  (random) => ({
    instruction: `Make a graph of how ${random.pick(TOPICS)} changed in ${random.pick(CITIES)}.`,
    output: 'The line of the graph rises slowly.',
  }),
  (random) => ({
    instruction: `Find ${random.pick(CITIES)} on the map of ${random.pick(TOPICS)}.`,
    output: 'It is in the upper left.',
  }),
  (random) => ({
    instruction: `Write a program that counts ${random.pick(ADJECTIVES)} things in ${random.pick(CITIES)}.`,
    output: 'count = len(things)',
  }),
  (random) => ({
    instruction: `Compose music for a video about ${random.pick(TOPICS)}.`,
    output: 'La la la.',
  }),
];

function tooShort(random: Random): { instruction: string; output: string } {
  const noun = random.pick(NOUNS);
  return {
    instruction: random.pick([`Describe ${noun}.`, `Define the ${noun}.`, `Explain ${noun}.`]),
    output: `A ${noun} is a thing.`,
  };
}
