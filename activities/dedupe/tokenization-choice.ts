import type { DedupeResult } from '../../workflows/contracts/dedupe.ts';
import type { Tokenization } from '../../workflows/contracts/run.ts';
import { isSeenByRouge } from './rouge/tokenize.ts';

/** What rows were compared by, and of how many of them the reference's tokenization sees less than half. */
export type ChosenTokenization = Pick<DedupeResult, 'tokenization' | 'withoutTokens'>;

/**
 * Compares rows by the tokenization that was asked for; where none was, by the reference's, and again by `unicode`
 * where it sees less than half of the words of more than half of the rows. The choice is a function of the rows: whoever does it again
 * comes to the same.
 *
 * @param compare counts every row of the data once, and what is before it not
 */
export async function withTokenization<Result>(
  asked: Tokenization | null,
  compare: (tokenization: Tokenization, count: (instruction: string) => void) => Promise<Result>,
): Promise<Result & ChosenTokenization> {
  if (asked !== null && asked !== 'rouge')
    return { ...(await compare(asked, () => {})), tokenization: asked };
  let [rows, unseen] = [0, 0];
  const result = await compare('rouge', (instruction) => {
    rows += 1;
    if (!isSeenByRouge(instruction)) unseen += 1;
  });
  const withoutTokens = unseen === 0 ? {} : { withoutTokens: unseen };
  if (asked === 'rouge' || !isMost(unseen, rows))
    return { ...result, tokenization: 'rouge', ...withoutTokens };
  return { ...(await compare('unicode', () => {})), tokenization: 'unicode', ...withoutTokens };
}

/** The same choice for texts that are compared with others. */
export function tokenizationOfTexts(asked: Tokenization | null, texts: readonly string[]): Tokenization {
  const unseen = texts.filter((text) => !isSeenByRouge(text));
  return asked ?? (isMost(unseen.length, texts.length) ? 'unicode' : 'rouge');
}

function isMost(unseen: number, texts: number): boolean {
  return unseen * 2 > texts;
}

/** What an outcome was decided by, as results have it. */
export function tokenizationOf({ decisions }: { decisions: ChosenTokenization }): ChosenTokenization {
  const { tokenization, withoutTokens } = decisions;
  return { tokenization, ...(withoutTokens === undefined ? {} : { withoutTokens }) };
}
