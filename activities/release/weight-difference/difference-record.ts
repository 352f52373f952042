import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `difference.json`: what recovery needs of the base, and what it must give back. */
export const differenceRecord = z.strictObject({
  format: z.literal('alpaca-weight-difference/1'),
  /** by name of the tuned tensor, the base's tensor that it was XORed with, and the digest of its bytes */
  base: z.record(
    z.string(),
    z.strictObject({ name: z.string(), dtype: z.string(), shape: z.array(z.int()), sha256 }),
  ),
  /** every file of the tuned folder */
  recovered: z.array(
    z.strictObject({
      path: z.string().regex(/^[^/\\]+$/),
      sha256,
      bytes: z.int(),
    }),
  ),
});
export type DifferenceRecord = z.infer<typeof differenceRecord>;
