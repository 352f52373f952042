import fc from 'fast-check';

/**
 * fast-check as every property test takes it: with one seed, so that a run of the tests fails for what was
 * changed and never by the day. `properties.long.ts` gives another seed each time; a value that is found to
 * fail becomes a literal example of its test.
 */
fc.configureGlobal({
  seed: Number(process.env.ALPACA_PROPERTY_SEED ?? 1),
  // A mutant is found by its first failure: nobody reads the smallest one.
  endOnFailure: process.env.ALPACA_PROPERTY_SHRINK === 'no',
});

export default fc;
