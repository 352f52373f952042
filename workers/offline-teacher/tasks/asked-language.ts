import { languageOf } from '../../../activities/artifacts/languages/language.ts';
import { languageNames } from '../../../activities/artifacts/languages/language-folder.ts';

/** The language that a prompt's requirements name, by the names of its folder; English where they name none. */
export function askedLanguage(requirements: string): string {
  const text = requirements.toLowerCase();
  named ??= languageNames()
    .filter((language) => language !== 'en')
    .flatMap((language) => {
      try {
        return { language, names: languageOf(language).names.map((name) => name.toLowerCase()) };
      } catch {
        // Whoever runs in it is told what is wrong before anything is asked; others are not concerned.
        return [];
      }
    });
  return named.find(({ names }) => names.some((name) => text.includes(name)))?.language ?? 'en';
}

/** Read when first needed: a prompt comes for every request. */
let named: { language: string; names: string[] }[] | undefined;
