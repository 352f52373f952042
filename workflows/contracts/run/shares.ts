import { z } from 'zod';
import { namedClass } from '../data/classes.ts';
import { languageName, type runSettings } from '../run.ts';

/** What a run's rows are to be made of: shares of languages and of classes. */

/** A part of a whole, as of rows. */
const share = z.number().gt(0).max(1);

export function sumOf(shares: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(shares).reduce<number>((sum, part) => sum + (part ?? 0), 0);
}

/** Decimal fractions do not add up to 1 exactly. */
const SHARES_ROUNDING = 1e-6;

export const mixSettings = z.strictObject({
  languages: z
    .record(languageName, share)
    .refine((shares) => Math.abs(sumOf(shares) - 1) < SHARES_ROUNDING, 'expected shares that add up to 1')
    .nullable()
    .default(null)
    .describe(
      'Shares of languages in what is generated, such as { "en": 0.8, "ko": 0.2 }; null: all is in `language`',
    ),
});

/** A run's languages: one, or several in shares. */
export type InLanguages = Pick<z.infer<typeof runSettings>, 'language'> & z.infer<typeof mixSettings>;

/** By name: the order in which shares are written decides nothing. */
export function languagesOf({ language, languages }: InLanguages): string[] {
  return languages === null ? [language] : Object.keys(languages).sort();
}

/** null: as the teacher has them */
export const classShares = z
  .partialRecord(namedClass, share)
  .refine((shares) => sumOf(shares) < 1 + SHARES_ROUNDING, 'expected shares that add up to 1 at the most')
  .nullable()
  .default(null)
  .describe(
    'Shares of classes of instructions, such as { "code": 0.1 }; what is left is of the classes that are not named. Null: as the teacher has them',
  );

/** A language or a class of which a run is to have a share, and the rows that it has of it. */
export const reachedShare = z.strictObject({ name: z.string(), target: z.number(), rows: z.int() });
export type ReachedShare = z.infer<typeof reachedShare>;

/** Who can have shares: whoever asks Alpaca's prompts. */
export function canHaveShares({
  languages,
  classes,
  from,
  method,
}: {
  languages: unknown;
  classes: unknown;
  from: unknown;
  method: string;
}): boolean {
  return (languages === null && classes === null) || (from === null && method === 'alpaca');
}
export const SHARES_REFUSED =
  'shares of languages and classes are kept by the method "alpaca" alone, and not of rows that exist';
