import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataSource } from '../../workflows/contracts/data.ts';
import { type InLanguages, languagesOf } from '../../workflows/contracts/run/shares.ts';
import { languageFolder } from './languages/language-folder.ts';

/** What is of a language, and the file of its folder that has it. */
const OF_LANGUAGE = {
  language: 'language.json',
  prompt: 'prompt.txt',
  'seed-tasks': 'seed-tasks.jsonl',
  'evaluation-instructions': 'evaluation-instructions.jsonl',
  'self-instruct': 'self-instruct.json',
  turns: 'turns.json',
  template: 'template.json',
  'filter-words': 'filter-words.json',
  classes: 'classes.json',
  'labelled-classes': 'labelled-classes.jsonl',
  'teacher-families': 'teacher-families.json',
} as const;

/** What is the same for every language. */
const OF_ALL = {
  'function-words': 'function-words.json',
  'grade-rubric': 'grade-rubric.txt',
  'tiny-model': 'tiny-model',
} as const;

/** What the package ships for a run to start from. The source `builtin` of an input means these files. */
export type Builtin = keyof typeof OF_LANGUAGE | keyof typeof OF_ALL;

const SEEDS = fileURLToPath(new URL('../../seeds/', import.meta.url));

/**
 * The local path of a shipped file or folder.
 *
 * @throws AlpacaError InvalidInput where there is no such language
 */
export function builtinPath(name: Builtin, language: string): string {
  return isOfAll(name) ? join(SEEDS, OF_ALL[name]) : join(languageFolder(language), OF_LANGUAGE[name]);
}

/**
 * What `builtin` stands for where a run reads the source: a file for each of its languages. Any other source is one.
 *
 * @throws AlpacaError InvalidInput where there is no such language
 */
export function builtinPathsOf(source: DataSource, name: Builtin, run: InLanguages): string[] {
  const languages = source === 'builtin' ? languagesOf(run) : [run.language];
  return languages.map((language) => builtinPath(name, language));
}

function isOfAll(name: Builtin): name is keyof typeof OF_ALL {
  return name in OF_ALL;
}
