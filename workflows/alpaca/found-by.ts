import type { SearchAttributeUpdatePair } from '@temporalio/common';
import type { DataSource } from '../contracts/data.ts';
import type { Progress } from '../contracts/progress.ts';
import { ACCEPTED, COST_USD, MODEL, STAGE } from '../search-attributes.ts';

/** What a run of the whole recipe is found by. */
export function foundBy(
  { stage, accepted, costUsd }: Progress,
  model: DataSource,
): SearchAttributeUpdatePair[] {
  return [
    { key: STAGE, value: stage },
    { key: MODEL, value: nameOf(model).slice(0, 255) },
    { key: ACCEPTED, value: accepted },
    { key: COST_USD, value: costUsd },
  ];
}

function nameOf(model: DataSource): string {
  const source = typeof model === 'string' ? model : model.uri;
  return source.split('/').at(-1) ?? source;
}
