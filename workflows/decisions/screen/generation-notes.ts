import type { GenerateInput, YieldCounts } from '../../contracts/generate.ts';
import type { GenerationState } from '../generation-state.ts';
import { counted } from './counted.ts';
import { reachedShares, sharesText } from './shares.ts';

/** Which stage it is in, where the method has stages; what shares it has; and what its jobs are at. */
export function stageNote(
  input: GenerateInput,
  state: GenerationState | undefined,
  jobs: string | null,
): string | null {
  const stage = state && stageText(state);
  const shares = state && sharesText(reachedShares(input, state.byShare), state.accepted, false);
  return [stage, shares, jobs].filter((text) => text).join('; ') || null;
}

function stageText({ stage, tasks, accepted }: GenerationState): string | null {
  return tasks === null ? stage : `${stage} of ${tasks.rows} tasks, ${accepted} so far`;
}

/** How far the asking is, in one line; `more` says which stage, and what batch jobs are at. */
export function answeredNote(requests: number, more: string | null): string {
  const answered = `${counted(requests, 'request')} answered`;
  return more === null ? answered : `${answered}; ${more}`;
}

/** What dedupe has done so far, in one line. */
export function yieldNote(counts: YieldCounts): string {
  const filtered = Object.values(counts.filtered).reduce((sum, count) => sum + count, 0);
  return `${counts.similar} too similar, ${filtered} filtered, ${counts.malformed} malformed`;
}
