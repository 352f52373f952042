import { processing } from '../activity-bounds.ts';
import { type TokenizeResult, tokenizeInput } from '../contracts/tokenize.ts';
import { parseInput } from '../input.ts';
import { oneActivity } from '../one-activity.ts';

/** Step 4: templates, tokens, masks, and the held-out split. */
export async function tokenize(raw: unknown): Promise<TokenizeResult> {
  const input = parseInput('tokenize', tokenizeInput, raw);
  return oneActivity(() => processing('tokenize and mask').tokenizeRows(input));
}
