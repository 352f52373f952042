import { processing } from '../activity-bounds.ts';
import type { TokenizeResult } from '../contracts/tokenize.ts';
import { resolveInput } from '../input.ts';
import { resumeUpdate } from '../messages.ts';
import { oneActivity } from '../step/one-activity.ts';

/** Step 4: templates, tokens, masks, and the held-out split. */
export async function tokenize(raw: unknown, second?: unknown): Promise<TokenizeResult> {
  const { input } = await resolveInput('tokenize', raw, second, { updates: [resumeUpdate] });
  return oneActivity(() => processing('tokenize and mask').tokenizeRows(input));
}
