/**
 * Text that a model, a teacher or a file may have written, as a page, a terminal and a log may show it: control
 * characters and those that reorder text stand there as their code points. They would hide what is there, and a
 * terminal would do what they say. Tabs and ends of lines stay.
 */
export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

const INVISIBLE = /(?![\t\n])[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/** JSON of a value, with escapes for the controls that JSON takes as they are, and some terminals for commands. */
export function visibleJson(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  return JSON.stringify(value, replacer).replace(
    /[\u007F-\u009F]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
