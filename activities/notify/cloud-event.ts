import { type Delivery, type WebhookBody, webhookBody } from '../../workflows/contracts/run/events.ts';

/** The body of a webhook: the same bytes at every try. CloudEvents 1.0, structured mode, JSON. */
export function bodyOf({ id, run, event: { at, ...event } }: Omit<Delivery, 'endpoint'>): string {
  const segments = ['namespaces', run.namespace, 'workflows', run.workflowId];
  const body: WebhookBody = {
    specversion: '1.0',
    id,
    source: `/${segments.map(encodeURIComponent).join('/')}`,
    type: `alpaca.run.${event.event}`,
    subject: event.progress?.stage ?? run.workflowId,
    time: at,
    datacontenttype: 'application/json',
    data: { ...run, ...event },
  };
  return JSON.stringify(webhookBody.parse(body));
}

export const CLOUD_EVENT_TYPE = 'application/cloudevents+json; charset=utf-8';
