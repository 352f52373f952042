import { languageNames } from './language-folder.ts';

/** The language that a row says, where there is such a one; a user's own column may say anything. */
export function languageOfRow({ language }: { language?: string | undefined }, otherwise: string): string {
  if (language === undefined || language === otherwise) return otherwise;
  names ??= new Set(languageNames());
  return names.has(language) ? language : otherwise;
}

/** Read when first needed: folders do not come and go while a process runs. */
let names: ReadonlySet<string> | undefined;

/** What is made of each language once, when it is first asked for. */
export function perLanguage<Made>(make: (language: string) => Made): (language: string) => Made {
  const known = new Map<string, { made: Made }>();
  return (language) => {
    const entry = known.get(language) ?? { made: make(language) };
    known.set(language, entry);
    return entry.made;
  };
}
