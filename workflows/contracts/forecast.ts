import { z } from 'zod';

/** What a generation will take, with how sure that is. */

/** A figure and its 95% interval. */
export const estimated = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });
export type Estimated = z.infer<typeof estimated>;

export const forecast = z.strictObject({
  /** `assumed`: nothing like it was run here; `recorded`: from an earlier run; `measured`: from this one */
  basis: z.enum(['assumed', 'recorded', 'measured']),
  /** how many requests it is measured on; 0 where assumed */
  measuredRequests: z.int(),
  /** the whole run's, what is done included */
  requests: estimated,
  promptTokens: estimated,
  completionTokens: estimated,
  costUsd: estimated,
  hours: estimated,
  /** seconds of generation still to come */
  secondsLeft: estimated,
});
export type Forecast = z.infer<typeof forecast>;

/** A count, the sum and the sum of squares of some figure: what its mean and spread are made of. */
export const sums = z.strictObject({ count: z.int(), sum: z.number(), squares: z.number() });
export type Sums = z.infer<typeof sums>;

export function noSums(): Sums {
  return { count: 0, sum: 0, squares: 0 };
}

export function addTo(into: Sums, value: number): void {
  into.count += 1;
  into.sum += value;
  into.squares += value * value;
}

/**
 * What was seen of requests whose rows were considered, in constant size however many they were: a
 * workflow carries it, and a store records it for later runs.
 */
export const observedRequests = z.strictObject({
  /** accepted rows of each request, by how far the pool had grown (`growthOf` in steps of `GROWTH_STEP`) */
  acceptedByGrowth: z.array(z.strictObject({ step: z.int(), accepted: sums })),
  promptTokens: sums,
  completionTokens: sums,
  /** what the ledger says the answers cost, whoever paid */
  costUsd: sums,
});
export type ObservedRequests = z.infer<typeof observedRequests>;

/** How fast the yield falls as the pool grows: the exponent of `yield-decline.ts`, and how sure it is. */
export const decline = z.strictObject({ mean: z.number(), standardDeviation: z.number() });
export type Decline = z.infer<typeof decline>;
