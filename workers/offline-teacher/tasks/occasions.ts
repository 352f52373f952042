/**
 * Two instructions of one phrasing share its fixed words, and the recipe rejects an instruction that shares
 * more than 0.7 with an earlier one. A phrasing of few slots therefore gets a sentence in front that says
 * who asks and what for, as people often do; its slots are of the context that every family has.
 */
export const ENGLISH_OCCASIONS: readonly string[] = [
  '{who} is preparing the {event}.',
  '{who} writes about {topic}.',
  'The {group} meets for the {event}.',
  'The {group} is busy with {topic}.',
  '{who} runs {setting}.',
  '{who} of the {group} wants help.',
  'Together with {setting}, the {group} looks into {topic}.',
  '{who} reads about {topic} for the {event}.',
  'The {event} in {city} is about {topic}.',
  'The {group} visits {setting}.',
];

/**
 * The phrasing, with an occasion in front where fewer than `SHARE_THAT_VARIES` of its words come from
 * slots, as `draws`, a few sets of the slots' values, show. `index` rotates through the occasions whose
 * slots the phrasing does not use itself.
 */
export function withOccasion(
  phrasing: string,
  index: number,
  occasions: readonly string[],
  draws: readonly Values[],
): string {
  if (shareThatVaries(phrasing, draws) >= SHARE_THAT_VARIES) return phrasing;
  const used = new Set(slotsOf(phrasing));
  const fitting = occasions.filter((occasion) => slotsOf(occasion).every((slot) => !used.has(slot)));
  const occasion = fitting[index % fitting.length];
  return occasion === undefined ? phrasing : `${occasion} ${phrasing}`;
}

const SHARE_THAT_VARIES = 0.4;

type Values = Readonly<Record<string, string>>;

function shareThatVaries(phrasing: string, draws: readonly Values[]): number {
  const fixed = wordsOf(phrasing.replace(/\{[\p{L}\p{N}]+\}/gu, ' ')).length;
  const varied = slotsOf(phrasing).reduce((sum, slot) => sum + wordsThatVary(slot, draws), 0);
  return varied / (fixed + varied);
}

/** How many words a slot brings on average, less those that all its values share ("in", "a"). */
function wordsThatVary(slot: string, draws: readonly Values[]): number {
  const values = draws.map((values) => wordsOf(values[slot] ?? ''));
  const varied = values.map(
    (words) => words.filter((word) => !values.every((other) => other.includes(word))).length,
  );
  return varied.reduce((sum, count) => sum + count, 0) / values.length;
}

function slotsOf(text: string): string[] {
  return [...text.matchAll(/\{([\p{L}\p{N}]+)\}/gu)].map(([, slot = '']) => slot);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
