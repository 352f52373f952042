import { z } from 'zod';
import { MOST } from '../folder/bounds.ts';

/** Bytes of a tokenizer.json: Gemma 3's has 33 million. */
export const MOST_TOKENIZER_BYTES = 2 ** 27;

/** Gemma 3, the largest, has 262,145 entries and 514,906 merges: twice as many take some four seconds to open. */
const MOST_ENTRIES = 2 ** 19;
const MOST_MERGES = 2 ** 20;
/** Tokens that are looked for in the text itself: Gemma 3 has 6,415. */
const MOST_ADDED = 2 ** 14;
/** Characters of a token, and of a regular expression. */
const LONGEST_TOKEN = 4096;
const LONGEST_EXPRESSION = 2 ** 14;
/** Parts of a normalizer, a pre-tokenizer, a post-processor or a decoder together. */
const MOST_PARTS = 256;

/**
 * Looks at how much the files of a tokenizer hold, and at its ids, before a library makes tables of them: one id of
 * four billion made it count that far.
 *
 * @throws Error naming the part
 */
export function checkTokenizerSizes({
  tokenizer,
  config,
  map,
  addedTokens,
}: Record<'tokenizer' | 'config' | 'map' | 'addedTokens', Record<string, unknown>>): void {
  const { model, added_tokens, ...others } = sized.parse(tokenizer);
  const vocabulary = Object.entries(model?.vocab ?? {});
  atMost(vocabulary.length, MOST_ENTRIES, 'entries');
  for (const [token, id] of vocabulary) checkToken(token, id);
  atMost(model?.merges?.length ?? 0, MOST_MERGES, 'merges');
  atMost(added_tokens?.length ?? 0, MOST_ADDED, 'added tokens');
  for (const { content, id } of added_tokens ?? []) checkToken(content, id);
  for (const [content, id] of Object.entries(addedTokens)) checkToken(content, id);
  for (const part of [config, map, addedTokens]) checkParts(part, MOST_ADDED, LONGEST_TEXT);
  for (const part of PARTS) checkParts(others[part], MOST_PARTS, LONGEST_EXPRESSION);
  for (const id of Object.keys(record(config.added_tokens_decoder))) checkToken('', Number(id));
}

// details -----------------------------------------------------------------------------------------------
/** A chat template has some thousands of characters. */
const LONGEST_TEXT = 2 ** 20;
const PARTS = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'];

const sized = z.looseObject({
  model: z
    .looseObject({
      vocab: z
        .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null)
        .optional(),
      merges: z.custom<unknown[]>(Array.isArray).optional(),
    })
    .nullish()
    // What is wrong with it otherwise is said where the library is given it.
    .catch(null),
  added_tokens: z.array(z.looseObject({})).nullish().catch(null),
});

function checkToken(token: unknown, id: unknown): void {
  if (typeof id === 'number' && id >= MOST.vocabulary)
    throw new Error(`it has the id ${id}; those below ${MOST.vocabulary} are read`);
  if (typeof token === 'string' && token.length > LONGEST_TOKEN)
    throw new Error(`it has a token of ${token.length} characters; at most ${LONGEST_TOKEN} are read`);
}

function atMost(count: number, most: number, what: string): void {
  if (count > most) throw new Error(`it has ${count} ${what}; at most ${most} are read`);
}

/** Counts the objects of a part, and looks at its texts. */
function checkParts(part: unknown, mostObjects: number, longest: number): void {
  let objects = 0;
  const waiting: unknown[] = [part];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value === 'string' && value.length > longest)
      throw new Error(`it has a text of ${value.length} characters where ${longest} are read at most`);
    if (typeof value !== 'object' || value === null) continue;
    objects += 1;
    atMost(objects, mostObjects, 'parts');
    const inside = Object.values(value).filter((inner) => inner !== undefined);
    atMost(inside.length, MOST_ADDED, 'parts');
    waiting.push(...inside);
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
