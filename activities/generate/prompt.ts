import type { SeedTask } from '../../workflows/contracts/rows.ts';
import { collapseWhitespace, strip } from './python-text.ts';

/** How the recipe writes an empty input. */
export const NO_INPUT = '<noinput>';

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

/**
 * The recipe's prompt: the requirements, the tasks numbered from 1, and the heading of the next
 * instruction, which the teacher goes on from.
 *
 * @param requirements the text of `seeds/prompts/LANGUAGE.txt`; `{count}` in it becomes `count`
 * @param count how many instructions are asked for, the shown ones counted in
 */
export function encodePrompt(requirements: string, tasks: readonly ShownTask[], count: number): string {
  const blocks = tasks.map((task, index) => encodeTask(task, index + 1));
  const opening = requirements.trimEnd().replaceAll('{count}', String(count));
  return `${opening}\n\n${blocks.join('')}###\n${heading(tasks.length + 1)}`;
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
