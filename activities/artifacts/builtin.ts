import { fileURLToPath } from 'node:url';

/** What the package ships for a run to start from. The source `builtin` of an input means these files. */
export type Builtin =
  | 'seed-tasks'
  | 'evaluation-instructions'
  | 'prompt'
  | 'classes'
  | 'labelled-classes'
  | 'self-instruct'
  | 'filter-words'
  | 'function-words'
  | 'grade-rubric'
  | 'tiny-model';

const SEEDS = new URL('../../seeds/', import.meta.url);

/**
 * The local path of a shipped file or folder; the tiny model, the function words and the rubric of grades
 * are the same for every language.
 */
export function builtinPath(name: Builtin, language: 'en' | 'ko'): string {
  const paths: Record<Builtin, string> = {
    'seed-tasks': `languages/${language}/seed-tasks.jsonl`,
    'evaluation-instructions': `languages/${language}/evaluation-instructions.jsonl`,
    prompt: `languages/${language}/prompt.txt`,
    classes: `languages/${language}/classes.json`,
    'labelled-classes': `languages/${language}/labelled-classes.jsonl`,
    'filter-words': `languages/${language}/filter-words.json`,
    'function-words': 'function-words.json',
    'grade-rubric': 'grade-rubric.txt',
    'self-instruct': `languages/${language}/self-instruct.json`,
    'tiny-model': 'tiny-model',
  };
  return fileURLToPath(new URL(paths[name], SEEDS));
}
