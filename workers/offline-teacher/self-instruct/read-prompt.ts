import { askedLanguage } from '../tasks/asked-language.ts';

/** What a prompt of one of Self-Instruct's stages asks for, read from its text as a teacher reads it. */
export type StagePrompt =
  | { stage: 'instructions'; next: number; language: string }
  | { stage: 'classification' | 'outputFirst' | 'inputFirst'; instruction: string };

/**
 * Reads a prompt by how it ends: with the next number of a list, with the question whether a task is a classification, or
 * with a task whose instances the examples before it show the form of. Null where it ends otherwise.
 */
export function readStagePrompt(prompt: string): StagePrompt | null {
  const list = /\n1\. [\s\S]*\n(\d+)\.\s*$/.exec(prompt);
  if (list)
    return {
      stage: 'instructions',
      next: Number(list[1]),
      language: askedLanguage(prompt.slice(0, list.index)),
    };
  const question = /(?:^|\n)Task: ([^\n]+)\nIs it classification\?\s*$/.exec(prompt);
  if (question) return { stage: 'classification', instruction: question[1] ?? '' };
  const task = /\n\nTask: ([^\n]+)\s*$/.exec(prompt);
  if (!task) return null;
  const stage = /(?:^|\n)Class label:/.test(prompt) ? 'outputFirst' : 'inputFirst';
  return { stage, instruction: task[1] ?? '' };
}
