import { processing } from '../activity-bounds.ts';
import type { FilterResult } from '../contracts/filter.ts';
import { resolveInput } from '../input.ts';
import { resumeUpdate } from '../messages.ts';
import { oneActivity } from '../one-activity.ts';

/** Between dedupe and tokenize, where it is asked for: rows with faults, and rows that overlap what measures a model. */
export async function filter(raw: unknown, second?: unknown): Promise<FilterResult> {
  const { input } = await resolveInput('filter', raw, second, { updates: [resumeUpdate] });
  return oneActivity(() => processing('look for faults in every row').filterRows(input));
}
