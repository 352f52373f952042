import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LANGUAGE_NAME } from '../../../workflows/contracts/data/language-name.ts';
import { AlpacaError } from '../../errors.ts';

/** The folders of languages that this package ships. */
const SHIPPED = fileURLToPath(new URL('../../../seeds/languages/', import.meta.url));

/** What a folder of a language is known by. */
const LANGUAGE_FILE = 'language.json';

/**
 * The folder of a language: one of this package, or one beneath a folder that `ALPACA_LANGUAGES` names (several are
 * separated as in PATH). Whoever works on a run reads the same variable: each worker, the command line, the offline teacher.
 *
 * @throws AlpacaError InvalidInput where there is none of that name, naming those there are; where there are two
 */
export function languageFolder(name: string): string {
  const folders = LANGUAGE_NAME.test(name) ? rootsOf().map((root) => join(root, name)) : [];
  const [folder, second] = folders.filter(isLanguage);
  if (second !== undefined)
    throw new AlpacaError(
      'InvalidInput',
      `The language "${name}" has two folders: ${folder} and ${second}.`,
      {
        remedy: 'Give the folder of your own another name.',
      },
    );
  if (folder !== undefined) return folder;
  throw new AlpacaError(
    'InvalidInput',
    `There is no language "${name}": there are ${languageNames().join(', ')}.`,
    {
      remedy: `Name one of them, or make a folder ${name} with a ${LANGUAGE_FILE} beneath one that ALPACA_LANGUAGES names (docs/languages.md).`,
    },
  );
}

/** The names of all languages there are, in order. */
export function languageNames(): string[] {
  const names = rootsOf().flatMap((root) =>
    isFolder(root)
      ? readdirSync(root).filter((name) => LANGUAGE_NAME.test(name) && isLanguage(join(root, name)))
      : [],
  );
  return [...new Set(names)].sort();
}

function rootsOf(): string[] {
  const named = (process.env.ALPACA_LANGUAGES ?? '').split(delimiter).filter((path) => path !== '');
  return [SHIPPED, ...named.map((path) => resolve(path))];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isLanguage(folder: string): boolean {
  return existsSync(join(folder, LANGUAGE_FILE));
}
