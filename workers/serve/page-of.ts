import { Refused } from './openai-errors.ts';

/** A page of a list, as OpenAI's API has it. */
export interface ListPage<Item> {
  object: 'list';
  data: Item[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/** A page of what was read: one more than `limit` of them, where the list goes on. */
export function pageOf<Item extends { id: string }>(found: readonly Item[], limit: number): ListPage<Item> {
  const data = found.slice(0, limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: found.length > limit,
  };
}

/**
 * What comes behind the one of the id `after`; all where that is undefined.
 *
 * @throws Refused where it is not in the list
 */
export function behind<Item extends { id: string }>(items: readonly Item[], after?: string): readonly Item[] {
  if (after === undefined) return items;
  const at = items.findIndex(({ id }) => id === after);
  if (at >= 0) return items.slice(at + 1);
  throw new Refused(400, `after: there is no ${after} in this list.`, {
    param: 'after',
    code: 'invalid_value',
  });
}
