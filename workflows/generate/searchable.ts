import type { GenerateReport } from '../contracts/progress.ts';
import { ACCEPTED, COST_USD, STAGE } from '../search-attributes.ts';
import { upsertChanged } from '../show.ts';

/** For a generation by itself: a child's parent has these attributes for the whole run. */
export function makeSearchable({ accepted, costUsd }: GenerateReport): void {
  upsertChanged([
    { key: STAGE, value: 'generate' },
    { key: ACCEPTED, value: accepted },
    { key: COST_USD, value: costUsd },
  ]);
}
