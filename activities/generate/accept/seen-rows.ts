import { z } from 'zod';
import { optionalText, text } from '../../../workflows/contracts/data/text.ts';
import { type ArtifactReference, provenance } from '../../../workflows/contracts/data.ts';
import { streamRows } from '../../artifacts/rows.ts';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { readAccepted } from './accepted-state.ts';

/** What a prompt may know of an accepted row. */
const seenRow = z.object({
  instruction: text.min(1),
  input: optionalText,
  language: text.optional(),
  provenance,
});
export type SeenRow = z.infer<typeof seenRow>;

/** What rounds have accepted, as prompts see it. */
export interface SeenRows {
  /**
   * The rows that request `request` sees: those accepted from requests below `request - seesAfter`, in the order of
   * acceptance. The same for every pool that has them all.
   *
   * @throws RangeError where rounds have not yet taken all of these requests
   */
  before(request: number): readonly SeenRow[];
  /** requests that rounds have taken */
  taken: number;
}

export const NOTHING_SEEN: SeenRows = { before: () => [], taken: 0 };

interface PoolRows {
  segments: readonly string[];
  rows: readonly SeenRow[];
  /** requests that rounds have taken, from 0 on */
  taken: number;
}

/** The latest pools of a process: each new one of a run is read from where the one before it ends. */
const KEPT = 4;

/** Reads what pools hold. */
export function createSeenRows(store: ArtifactStore) {
  let known: PoolRows[] = [];

  async function read(pool: ArtifactReference | null): Promise<PoolRows> {
    const { segments: references, yields } = await readAccepted(store, pool);
    const segments = references.map(({ sha256 }) => sha256);
    const earlier = known
      .filter((other) => other.segments.every((segment, index) => segment === segments[index]))
      .toSorted((one, other) => other.segments.length - one.segments.length)[0];
    const rows = [...(earlier?.rows ?? [])];
    for (const segment of references.slice(earlier?.segments.length ?? 0))
      for await (const row of streamRows(await store.open(segment), seenRow)) rows.push(row);
    const found = { segments, rows, taken: yields.reduce((sum, lines) => sum + lines.rows, 0) };
    known = [found, ...known.filter((other) => other !== earlier)].slice(0, KEPT);
    return found;
  }

  return async (pool: ArtifactReference | null, seesAfter: number): Promise<SeenRows> => {
    const { rows, taken } = await read(pool);
    return {
      taken,
      before(request) {
        const below = Math.max(0, request - seesAfter);
        if (below > taken)
          throw new RangeError(`request ${request} sees request ${below - 1}, and ${taken} are taken`);
        let end = rows.length;
        while (end > 0 && (rows[end - 1]?.provenance.request ?? 0) >= below) end -= 1;
        return rows.slice(0, end);
      },
    };
  };
}
