import { z } from 'zod';

/**
 * What is said to and by a fleet's rate limiter. Workers report and ask by the update `lease`, a person
 * sees by the query `limits` and changes by the update `setLimits`.
 */

const perWindow = z.int().min(1).max(1e12).nullable();

/** The most that may be sent in any window (a minute); null: no such limit. */
export const limits = z.strictObject({ requests: perWindow, tokens: perWindow });
export type Limits = z.infer<typeof limits>;

export const NO_LIMITS: Limits = { requests: null, tokens: null };

/** What a request, or several, take of a limit. */
export const amount = z.strictObject({ requests: z.int().min(0), tokens: z.int().min(0) });
export type Amount = z.infer<typeof amount>;

/** The most requests that one call may ask for. */
export const MOST_WANTED = 64;

/** One worker process's report of what ended since its last call, and its wish for more. */
export const leaseCall = z.strictObject({
  holder: z.string().min(1).max(100).describe('The worker process, unlike every other'),
  number: z.int().min(0).describe('Counts the calls of this holder, so that a repeated one changes nothing'),
  released: amount.describe('What was held, at its worst case, by requests that ended since the last call'),
  used: amount.describe('What these requests really used'),
  wanted: z
    .array(z.int().min(0))
    .max(MOST_WANTED)
    .describe('The worst case in tokens of each request, in turn'),
  holdMs: z.int().min(1).describe('From its grant to its end a request takes this at the most'),
  configured: limits.describe('The profile’s limits, as this worker’s configuration states them'),
  learnt: limits.describe('What the endpoint’s own headers say'),
  seen: amount
    .extend({ resetMs: z.int().min(0) })
    .nullable()
    .describe('What the endpoint counted in the window so far, by its headers, others’ use included'),
});
export type LeaseCall = z.infer<typeof leaseCall>;

export const leaseReply = z.strictObject({
  /** so many of the wanted requests may be sent, from the first on */
  granted: z.int(),
  /** when to ask again, in milliseconds; null where all was granted */
  waitMs: z.number().nullable(),
});
export type LeaseReply = z.infer<typeof leaseReply>;

/** The limiter of one profile as a person sees it. */
export interface LimitsView {
  profile: string;
  windowSeconds: number;
  /** in force now */
  limits: Limits;
  /** where they come from, later ones over earlier ones; `set` by a person while it runs */
  sources: { configured: Limits; learnt: Limits; set: Limits | null };
  /** counted in the window: the worst case of what is in flight, and what ended and still counts */
  inFlight: Amount;
  ended: Amount;
  /** what others on the same account use, by the endpoint's headers */
  others: Amount;
  /** worker processes that hold something, and those that wait for more */
  holders: number;
  waiting: number;
}

export const rateLimitInput = z.strictObject({
  profile: z.string().min(1).describe('The teacher profile whose endpoint is limited'),
  windowSeconds: z.number().gt(0).max(86_400).default(60).describe('A minute, by which providers count'),
});
export type RateLimitInput = z.infer<typeof rateLimitInput>;

/** The one limiter of a profile in a fleet, whose queue it lives on: another fleet in the namespace has another. */
export const rateLimitWorkflowId = (taskQueue: string, profile: string) =>
  `rate-limit/${taskQueue}/${profile}`;
