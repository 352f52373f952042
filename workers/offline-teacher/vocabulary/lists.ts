/** Vocabularies are written as plain text, so that a list of two hundred words stays readable. */

/** Words set apart by white space. */
export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Phrases set apart by commas; line breaks within a phrase do not count. */
export function phrases(text: string): readonly string[] {
  return text.split(',').map((phrase) => phrase.trim().replace(/\s+/g, ' '));
}

/** One entry a line. */
export function lines(text: string): readonly string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

/** `key = value` pairs set apart by commas. Throws SyntaxError where a pair has no equals sign. */
export function pairs(text: string): ReadonlyMap<string, string> {
  return new Map(
    phrases(text).map((pair) => {
      const [key, value] = pair.split(' = ');
      if (key === undefined || value === undefined)
        throw new SyntaxError(`"${pair}" is no key = value pair.`);
      return [key, value] as const;
    }),
  );
}
