import { z } from 'zod';

export const pageQuery = z.object({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

/** One page of a list as OpenAI's API cuts it: what comes after the entry named, and whether there is more. */
export function pageOf<Entry extends { id: string }>(
  entries: readonly Entry[],
  { after, limit }: z.infer<typeof pageQuery>,
) {
  const start = after === undefined ? 0 : entries.findIndex(({ id }) => id === after) + 1;
  const data = entries.slice(start, start + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + limit < entries.length,
  };
}
