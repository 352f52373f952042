import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { type AlpacaResult, alpacaResult } from '../../workflows/contracts/pipeline.ts';
import { progress } from '../../workflows/contracts/progress.ts';
import { Interrupted } from './outcome.ts';
import { openProgress } from './progress-bars.ts';

const ASK_EVERY_MS = 500;

/**
 * Shows a run's progress until it ends.
 *
 * @throws Interrupted when `signal` aborts: the run itself goes on; whatever the workflow failed with
 */
export async function followRun(
  handle: WorkflowHandle,
  { signal, failure, howToResume }: { signal: AbortSignal; failure: Promise<never>; howToResume: string },
): Promise<AlpacaResult> {
  const display = openProgress();
  const ended = new AbortController();
  const showing = showUntil(handle, display.show.bind(display), ended.signal);
  try {
    const result = await Promise.race([handle.result(), failure, interruption(signal, howToResume)]);
    const last = await lastProgress(handle);
    if (last) display.show(last);
    return alpacaResult.parse(result);
  } finally {
    ended.abort();
    await showing;
    display.close();
  }
}

async function showUntil(
  handle: WorkflowHandle,
  show: (found: NonNullable<Awaited<ReturnType<typeof lastProgress>>>) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const found = await lastProgress(handle);
    if (found && !signal.aborted) show(found);
    await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

/** Null while no worker answers queries: progress is a convenience, the result is what counts. */
async function lastProgress(handle: WorkflowHandle) {
  try {
    return progress.parse(await handle.query('progress'));
  } catch {
    return null;
  }
}

function interruption(signal: AbortSignal, message: string): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Interrupted(message));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
