import { fileURLToPath } from 'node:url';

/** What the package ships for a run to start from. The source `builtin` of an input means these files. */
export type Builtin =
  | 'seed-tasks'
  | 'evaluation-instructions'
  | 'prompt'
  | 'self-instruct'
  | 'filter-words'
  | 'function-words'
  | 'tiny-model';

const SEEDS = new URL('../../seeds/', import.meta.url);

/** The local path of a shipped file or folder; the tiny model and the function words are the same for every language. */
export function builtinPath(name: Builtin, language: 'en' | 'ko'): string {
  const paths: Record<Builtin, string> = {
    'seed-tasks': `seed-tasks.${language}.jsonl`,
    'evaluation-instructions': `evaluation-instructions.${language}.jsonl`,
    prompt: `prompts/${language}.txt`,
    'self-instruct': `languages/${language}/self-instruct.json`,
    'filter-words': `filter-words/${language}.json`,
    'function-words': 'filter-words/function-words.json',
    'tiny-model': 'tiny-model',
  };
  return fileURLToPath(new URL(paths[name], SEEDS));
}
