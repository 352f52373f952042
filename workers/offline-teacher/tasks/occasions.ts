import { createRandom } from './random.ts';
import { drawValues, type Slots, shareThatVaries, slotsOf } from './template.ts';

/**
 * For families that are a folder's data. Two instructions of one phrasing share its fixed words, and the recipe rejects an
 * instruction that shares more than 0.7 with an earlier one. Each phrasing of which fewer than `SHARE_THAT_VARIES` of the
 * words come from slots, as a few draws show, therefore gets an occasion in front: a sentence that says who asks and what
 * for. Phrasings take turns in the occasions whose slots they do not use themselves.
 */
export function withOccasions(
  phrasings: readonly string[],
  occasions: readonly string[],
  slots: Slots,
  family: string,
): string[] {
  const typical = createRandom(`typical values of ${family}`);
  const draws = Array.from({ length: 5 }, () => drawValues(slots, typical));
  return phrasings.map((phrasing, index) => {
    if (shareThatVaries(phrasing, draws) >= SHARE_THAT_VARIES) return phrasing;
    const used = new Set(slotsOf(phrasing));
    const fitting = occasions.filter((occasion) => slotsOf(occasion).every((slot) => !used.has(slot)));
    const occasion = fitting[index % fitting.length];
    return occasion === undefined ? phrasing : `${occasion} ${phrasing}`;
  });
}

const SHARE_THAT_VARIES = 0.4;
