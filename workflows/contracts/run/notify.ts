import { z } from 'zod';

/** Who hears of a run by HTTP: the setting `notify`. */

/**
 * `stage`: a stage has finished; `paused`: the run waits, and why; `budget`: 80% of the budget are spent; `terminated`: a
 * person or a timeout of the server ended it, so that it could say nothing itself. The last four are ends of a run.
 */
export const runEventName = z.enum([
  ...['stage', 'paused', 'budget'],
  ...['done', 'failed', 'cancelled', 'terminated'],
] as const);
export type RunEventName = z.infer<typeof runEventName>;

const endpoint = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected an https URL' })
    .max(2000)
    .describe('Where events are posted to; it stands in the history, so put no secret into it'),
  events: z
    .array(runEventName)
    .min(1)
    .default([...runEventName.options])
    .describe('Which events go there'),
  secretName: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected small letters, digits and _, such as "ops"')
    .default('default')
    .describe('Signed by the worker’s ALPACA_WEBHOOK_SECRET_NAME, with this name in capitals'),
});
export type Endpoint = z.infer<typeof endpoint>;

export const notifySettings = z
  .array(endpoint)
  .max(8)
  .default([])
  .describe('Webhooks that hear of the run; the workers allow their hosts by ALPACA_WEBHOOK_HOSTS');
