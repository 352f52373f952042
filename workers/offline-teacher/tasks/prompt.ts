import { askedClass, type IsAsked } from './asked-class.ts';
import { askedLanguage } from './asked-language.ts';

/** What the recipe's prompt asks for, read from its text as a teacher reads it. */
export interface TaskPrompt {
  /** the number of the task whose instruction comes next */
  next: number;
  /** the number of the last task asked for: those shown are counted in */
  last: number;
  language: string;
  /** the kind of tasks asked for; null for any */
  isAsked: IsAsked | null;
  /** how the tasks are to be written */
  form: 'text' | 'json';
}

/**
 * Reads the recipe's prompt: requirements, tasks between `###` lines, and at the end `###` and
 * `{next}. Instruction:`, or the sentence that asks for JSON. Null where the text does not end so: then there
 * is nothing to continue.
 */
export function readTaskPrompt(prompt: string): TaskPrompt | null {
  const ending = /###\s*(\d+)\.\s+Instruction:\s*$/.exec(prompt);
  const json = /###\s*Now write tasks (\d+) to (\d+) as JSON:[^#]*$/.exec(prompt);
  if (!ending && !json) return null;
  const requirements = prompt.slice(0, prompt.indexOf('###'));
  const asked = TASKS_ASKED_FOR.exec(requirements);
  const language = askedLanguage(requirements);
  return {
    next: Number(ending?.[1] ?? json?.[1]),
    last: Number(json?.[2] ?? asked?.[1] ?? asked?.[2] ?? TASKS_BY_DEFAULT),
    language,
    isAsked: askedClass(requirements, language),
    form: json ? 'json' : 'text',
  };
}

/** "20 diverse task instructions", "a list of 20 tasks", and in Korean "20개". */
const TASKS_ASKED_FOR =
  /(?<![\d-])(\d{1,3})\s+(?:[a-z-]+\s+){0,4}?(?:tasks?|instructions?)\b|(\d{1,3})\s*개/i;

/** The recipe's number, for requirements that name none. */
const TASKS_BY_DEFAULT = 20;
