import type { WebhookBody } from '../../../workflows/contracts/run/events.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';

/** `12:00:05 my-run: generate has finished; 40 rows, 1.00 USD` */
export function eventText({ time, data }: WebhookBody): string {
  const { progress } = data;
  const figures = progress === null ? '' : `; ${progress.accepted} rows, ${usd(progress.costUsd)}`;
  return `${time.slice(11, 19)} ${data.workflowId}: ${whatHappened(data)}${figures}`;
}

function whatHappened({ event, progress, pause, failure }: WebhookBody['data']): string {
  switch (event) {
    case 'stage':
      return `${progress?.stage ?? 'a stage'} has finished`;
    case 'paused':
      return `waits: ${pause?.reason ?? 'nobody says what for'}`;
    case 'budget':
      return `80% of ${usd(progress?.budgetUsd ?? 0)} are spent`;
    case 'done':
      return 'is done';
    case 'failed':
      return `has failed: ${failure ?? 'without a code'}`;
    default:
      return `was ${event}`;
  }
}
