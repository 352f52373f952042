import type { BatchRange } from '../../../workflows/contracts/generate-activities.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import { ledgerKey } from '../../teacher/ledger/ledger.ts';
import type { TeacherRequest } from '../../teacher/request-body.ts';
import type { GenerationRun } from '../generation-run.ts';
import { generationRequest } from '../prompt/run-prompts.ts';

/** One prompt of a range of requests. Its text is made again where it is needed: 50,000 would fill a worker. */
export interface PromptPlace {
  request: number;
  prompt: number;
  key: string;
}

export type Range = Pick<BatchRange, 'firstRequest' | 'requests' | 'asking'>;

/** The prompts of a range, in order. */
export function placesOf({ firstRequest, requests }: Range, run: GenerationRun): PromptPlace[] {
  const { promptsPerRequest } = run.settings;
  return Array.from({ length: requests * promptsPerRequest }, (_, index) => {
    const request = firstRequest + Math.floor(index / promptsPerRequest);
    const prompt = index % promptsPerRequest;
    const original = originalRequest({ request, prompt }, run);
    return { request, prompt, key: ledgerKey(original, run.prompts.occurrence(request, prompt)) };
  });
}

/** The original request of a place: what its key is made of. */
export function originalRequest(
  { request, prompt }: Pick<PromptPlace, 'request' | 'prompt'>,
  { prompts, settings, profile }: GenerationRun,
): TeacherRequest {
  return generationRequest(prompts.text(request, prompt), settings, profile);
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
