import { z } from 'zod';
import { stageName } from '../pipeline.ts';
import { pause, stage } from '../progress.ts';
import { type Endpoint, notifySettings, runEventName } from './notify.ts';

/** What is told of a run, and what delivers it: the workflow `notify`, one for each execution of a run that has something to tell. */

const run = z.strictObject({
  workflowId: z.string(),
  runId: z.string(),
  type: z.string(),
  namespace: z.string(),
});
type ToldRun = z.infer<typeof run>;

/** How far the run is: figures alone, nothing of its rows or prompts. */
const standing = z.strictObject({
  stage: stageName.describe('Of `stage` the one that has finished, else the one that the run is at'),
  stages: z.array(stage.pick({ name: true, state: true, done: true, total: true, unit: true })),
  accepted: z.int(),
  target: z.int(),
  costUsd: z.number(),
  budgetUsd: z.number().nullable(),
});

export const runEvent = z.strictObject({
  event: runEventName,
  at: z.iso.datetime(),
  progress: standing.nullable().describe('Null where nobody knows it any more'),
  pause: pause.nullable().describe('Why the run waits, without what an endpoint said; null but of `paused`'),
  failure: z.string().nullable().describe('A code of docs/failures.md; null but of `failed`'),
});
export type RunEvent = z.infer<typeof runEvent>;

/** What a webhook's body has in `data`. */
const eventData = z.strictObject({ ...run.shape, ...runEvent.omit({ at: true }).shape });

/** The body of a webhook: a CloudEvent in structured JSON. */
export const webhookBody = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string().describe('As in the header webhook-id: the same at every try'),
  source: z.string().describe('/namespaces/NAMESPACE/workflows/WORKFLOW_ID'),
  type: z.string().describe('alpaca.run.EVENT'),
  subject: z.string().describe('The stage, or where it is not known, the workflow id'),
  time: z.iso.datetime().describe('When it happened'),
  datacontenttype: z.literal('application/json'),
  data: eventData,
});
export type WebhookBody = z.infer<typeof webhookBody>;

export const notifyInput = z.strictObject({ run, endpoints: notifySettings });
export type NotifyInput = z.infer<typeof notifyInput>;

/** An event on its way to one endpoint. */
const pending = z.strictObject({
  /** events are counted from 1, in the order in which the run told them */
  number: z.int().min(1),
  endpoint: z.int().min(0),
  event: runEvent,
  /** milliseconds: since when it is tried; null: not yet */
  since: z.number().nullable(),
});
export type PendingDelivery = z.infer<typeof pending>;

/** Of one execution of `notify` to the next. */
export const notifyState = z.strictObject({
  told: z.int().min(0),
  pending: z.array(pending),
  /** endpoints, by index, that said they are gone */
  gone: z.array(z.int().min(0)),
  delivered: z.int().min(0),
  givenUp: z.int().min(0),
  /** the run has come to its end */
  ended: z.boolean(),
});
export type NotifyState = z.infer<typeof notifyState>;

export type NotifyResult = Pick<NotifyState, 'delivered' | 'givenUp'>;

export interface Delivery {
  /** the same at every try */
  id: string;
  run: ToldRun;
  endpoint: Pick<Endpoint, 'url' | 'secretName'>;
  event: RunEvent;
}

export interface NotifyActivities {
  /**
   * Looks whether events may go to the endpoints, before a run pays for anything.
   *
   * @throws Configuration naming the endpoint that is not allowed, or the secret that is not there
   */
  checkEndpoints(endpoints: readonly Endpoint[]): Promise<void>;
  /**
   * Posts an event once.
   *
   * @returns `gone` where the endpoint wants nothing more (410)
   * @throws NotDelivered for any other answer than 2xx, and where there is none
   */
  deliverEvent(delivery: Delivery): Promise<'delivered' | 'gone'>;
  /** How an execution of a run stands: `terminated` where it could not say so itself. */
  lookAtRun(run: ToldRun): Promise<'open' | 'terminated' | 'closed'>;
}
