/** What is made of each language once, when it is first asked for. */
export function perLanguage<Made>(make: (language: string) => Made): (language: string) => Made {
  const known = new Map<string, { made: Made }>();
  return (language) => {
    const entry = known.get(language) ?? { made: make(language) };
    known.set(language, entry);
    return entry.made;
  };
}
