import type { NotifyState, RunEvent } from '../../contracts/run/events.ts';
import type { Endpoint } from '../../contracts/run/notify.ts';
import { markdownText } from '../screen/markdown-text.ts';

export function isEndOfRun({ event }: Pick<RunEvent, 'event'>): boolean {
  return event === 'done' || event === 'failed' || event === 'cancelled' || event === 'terminated';
}

/** The host and port of a URL, without what a path or a query may hold: `hooks.example.com` */
export function hostOf(url: string): string {
  return /^https?:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(url)?.[1] ?? url;
}

/** What the Temporal UI shows of deliveries: sums, and a line for each endpoint. */
export function deliveriesToMarkdown(
  endpoints: readonly Endpoint[],
  { delivered, givenUp, pending, gone }: Pick<NotifyState, 'delivered' | 'givenUp' | 'pending' | 'gone'>,
): string {
  const lines = endpoints.map(({ url }, index) => {
    const waiting = pending.filter(({ endpoint }) => endpoint === index).map(({ event }) => event.event);
    const now = waiting.length === 0 ? 'nothing waits' : `on its way: ${waiting.join(', ')}`;
    return `- ${markdownText(hostOf(url))}: ${gone.includes(index) ? 'gone (410)' : now}`;
  });
  return [`${delivered} delivered, ${givenUp} given up`, ...lines].join('\n');
}
