import { promptsOf } from '../../../workflows/contracts/generate.ts';
import type { BatchRange } from '../../../workflows/contracts/generate-activities.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import { ledgerKey } from '../../teacher/ledger/ledger.ts';
import type { GenerationRun } from '../generation-run.ts';
import { originalRequest } from '../prompt/original-request.ts';

/** One prompt of a range of requests. Its text is made again where it is needed: 50,000 would fill a worker. */
export interface PromptPlace {
  request: number;
  prompt: number;
  key: string;
}

export type Range = Pick<BatchRange, 'firstRequest' | 'requests' | 'asking'>;

/** The prompts of a range, in order. */
export function placesOf({ firstRequest, requests }: Range, run: GenerationRun): PromptPlace[] {
  return Array.from({ length: requests }, (_, index) => firstRequest + index).flatMap((request) =>
    Array.from({ length: promptsOf(request, run.settings) }, (_, prompt) => {
      const original = originalRequest({ request, prompt }, run);
      return { request, prompt, key: ledgerKey(original, run.prompts.occurrence(request, prompt)) };
    }),
  );
}

/** Reads and writes of the ledger that are under way at once. */
const AT_ONCE = 32;

/** Runs `work` for each item, a bounded number at once; results are in the order of the items. */
export function forEachPlace<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  return mapAtOnce(items, { atOnce: AT_ONCE, signal }, work);
}
