import type { DedupeInput, DedupeResult } from '../contracts/dedupe.ts';
import type { FilterResult } from '../contracts/filter.ts';
import type { GenerateResult } from '../contracts/generate.ts';
import { droppedText } from '../decisions/screen/dropped-text.ts';
import { failed, failedWith } from '../failed.ts';

/**
 * Rows accepted round by round must all be kept by the ROUGE-L pass over the whole set: both are exact. What
 * embeddings reject beyond it no round has seen, nor what the later messages of conversations resemble.
 */
export function checkAgreement(
  generated: GenerateResult,
  deduped: DedupeResult,
  { conversationsBy }: Pick<DedupeInput, 'conversationsBy'>,
): void {
  if (generated.turns.length > 0 && conversationsBy === 'user-messages') return;
  const byRouge = deduped.rejected.rows - (deduped.embedding?.rejected ?? 0);
  if (generated.stopReason === 'imported' || byRouge === 0) return;
  throw failed(
    'DedupeDisagreement',
    `Dedupe over the whole set rejected ${byRouge} rows that were accepted in rounds (${deduped.rejected.uri}): ` +
      'the two must decide alike. This is a defect of this program, not of the data.',
  );
}

/** A run has nothing to train on where its filter dropped every row. */
export function checkRowsLeft(filtered: FilterResult): void {
  if (filtered.data.rows > 0) return;
  throw failedWith('InvalidInput', {
    message: `The filter left no row: ${droppedText(filtered)}; each with its reason in ${filtered.dropped.uri}.`,
    remedy:
      'Leave the rules that drop so many out of filter.rules, raise filter.decontaminate.words and rougeL or set them to null, lower filter.grade.least, or bring in other rows.',
  });
}
