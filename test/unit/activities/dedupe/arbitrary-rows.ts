import fc from '../../../property.ts';

/** Token ids from a small vocabulary whose first ids are the most frequent, as in text. */
const tokenId = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }))
  .map(([a, b]) => Math.min(a, b));

/** A row of token ids, mostly short, sometimes of several words of a bit vector. */
export const arbitraryRow: fc.Arbitrary<Int32Array> = fc
  .oneof(
    { weight: 6, arbitrary: fc.array(tokenId, { maxLength: 14, size: 'max' }) },
    { weight: 2, arbitrary: fc.array(tokenId, { minLength: 10, maxLength: 40, size: 'max' }) },
    { weight: 1, arbitrary: fc.array(tokenId, { minLength: 60, maxLength: 150, size: 'max' }) },
  )
  .map((ids) => Int32Array.from(ids));

/** A text of short words, so that many resemble one another. */
export const arbitraryText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...'abcdefghij'), { maxLength: 9, size: 'max' })
  .map((words) => words.join(' '));
