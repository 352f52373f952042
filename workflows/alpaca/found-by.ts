import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { fetchedName, hubModel, isOfHub } from '../contracts/data/hub.ts';
import type { AlpacaInput } from '../contracts/pipeline.ts';
import type { Progress } from '../contracts/progress.ts';
import { ACCEPTED, COST_USD, MODEL, STAGE } from '../search-attributes.ts';

/** What a run of the whole recipe is found by. */
export function foundBy(
  { stage, accepted, costUsd }: Progress,
  input: Pick<AlpacaInput, 'tokenize' | 'release'>,
): SearchAttributeUpdatePair[] {
  return [
    { key: STAGE, value: stage },
    { key: MODEL, value: nameOf(input).slice(0, 255) },
    { key: ACCEPTED, value: accepted },
    { key: COST_USD, value: costUsd },
  ];
}

/** The last name of its base model; of one of the hub the same before and after it is in the store. */
function nameOf({
  tokenize: { model },
  release: { baseModel },
}: Pick<AlpacaInput, 'tokenize' | 'release'>): string {
  const isInStore = typeof model !== 'string' || model.startsWith('artifact://');
  const given = typeof model === 'string' ? model : model.uri;
  const atHub = isOfHub(given) ? hubModel(given)?.name : undefined;
  const source = isInStore && baseModel !== null ? fetchedName(baseModel).name : (atHub ?? given);
  return source.split('/').at(-1) ?? source;
}
