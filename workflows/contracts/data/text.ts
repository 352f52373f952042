import { z } from 'zod';

/** What text is, the same at every door: rows, seed tasks, and what a teacher wrote. */

/** Why a string is no text: what it has, by the name under which such rows are counted. */
export const TEXT_FAULTS = {
  'half-surrogate': 'half of a surrogate pair',
  nul: 'a NUL character',
  'control-character': 'a control character',
} as const;
export type TextFault = keyof typeof TEXT_FAULTS;

/** Controls of ASCII but for tab, line feed, vertical tab, form feed and carriage return, which are white space. */
const CONTROL = /\p{Cc}(?<![\t-\r\u0080-\u009f])/u;

/**
 * Why a string is no text; null where it is. Half of a surrogate pair has no UTF-8, so files, tokens and digests have
 * something else in its place; other controls are what broken programs leave. Those of Latin-1 (U+0080 to U+009F) are
 * text: they stand in public data that was read by a wrong encoding once.
 */
export function textFault(value: string): TextFault | null {
  if (!value.isWellFormed()) return 'half-surrogate';
  const found = CONTROL.exec(value);
  if (found === null) return null;
  return found[0] === '\0' ? 'nul' : 'control-character';
}

/** The first fault of several strings. */
export function firstTextFault(values: readonly string[]): TextFault | null {
  for (const value of values) {
    const fault = textFault(value);
    if (fault !== null) return fault;
  }
  return null;
}

export const text = z.string().superRefine((value, context) => {
  const fault = textFault(value);
  if (fault !== null)
    context.addIssue({
      code: 'custom',
      params: { fault },
      message: `${TEXT_FAULTS[fault]}, which is no text`,
    });
});

/** An input of a row: null and nothing are the empty one, as data sets have it. */
export const optionalText = text.nullish().transform((value) => value ?? '');
