import type { SeedTask } from '../../../workflows/contracts/data.ts';
import { collapseWhitespace, strip } from '../parse/python-text.ts';

/** How the recipe writes an empty input. */
export const NO_INPUT = '<noinput>';

/** An input as the data has it: empty where a teacher wrote the mark for none, in any case. */
export function withoutMarker(input: string): string {
  return input.toLowerCase() === NO_INPUT ? '' : input;
}

/** What a prompt shows of a seed task: its instruction and its first instance. */
export interface ShownTask {
  instruction: string;
  input: string;
  output: string;
}

export function shownTask(task: SeedTask): ShownTask {
  const [first] = task.instances;
  return { instruction: task.instruction, input: first?.input ?? '', output: first?.output ?? '' };
}

/** How a prompt ends: with the heading that the teacher goes on from, or with the form of a JSON answer. */
export type PromptEnding = 'heading' | 'json';

/**
 * The recipe's prompt: the requirements, the tasks numbered from 1, and the heading of the next
 * instruction, which the teacher goes on from.
 *
 * @param requirements the text of `seeds/prompts/LANGUAGE.txt`; `{count}` in it becomes `count`
 * @param count how many instructions are asked for, the shown ones counted in
 */
export function encodePrompt(
  requirements: string,
  tasks: readonly ShownTask[],
  count: number,
  ending: PromptEnding = 'heading',
): string {
  const blocks = tasks.map((task, index) => encodeTask(task, index + 1));
  const opening = requirements.trimEnd().replaceAll('{count}', String(count));
  const next = tasks.length + 1;
  const end = ending === 'heading' ? heading(next) : jsonEnding(next, count);
  return `${opening}\n\n${blocks.join('')}###\n${end}`;
}

function jsonEnding(next: number, count: number): string {
  return (
    `Now write tasks ${next} to ${Math.max(next, count)} as JSON: one object whose field "tasks" lists them in order, ` +
    'each with "instruction", "input" and "output", without numbers or labels. Leave "input" empty where a task needs none.'
  );
}

/** `4. Instruction:`, the heading that a prompt ends with and that a chat model may repeat. */
export function heading(number: number): string {
  return `${number}. Instruction:`;
}

function encodeTask(task: ShownTask, number: number): string {
  const instruction = strip(collapseWhitespace(task.instruction)).replace(/:+$/, '');
  const input = task.input === '' ? NO_INPUT : task.input;
  return `###\n${heading(number)} ${instruction}\n${number}. Input:\n${input}\n${number}. Output:\n${task.output}\n`;
}
