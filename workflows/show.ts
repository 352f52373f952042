import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { ContinueAsNew, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Pause, Progress } from './contracts/progress.ts';
import { openState } from './decisions/progress-of.ts';
import { pauseToMarkdown, toMarkdown } from './decisions/stage-table.ts';
import { isCancelled } from './failed.ts';
import { STATE } from './search-attributes.ts';

/** What the Temporal UI shows of a workflow, and what it is found by. */

/**
 * @param found what it is found by beside its state
 * @param title what it is for: whoever starts it may have given it no summary
 */
export function showProgress(
  progress: Progress,
  found: SearchAttributeUpdatePair[] = [],
  title: string | null = null,
): void {
  const details = toMarkdown(progress);
  setCurrentDetails(title === null ? details : `${title}\n\n${details}`);
  upsertChanged([...found, { key: STATE, value: openState(progress.pauseKind) }]);
}

/**
 * Of a workflow that has no more to show than what it waits for.
 *
 * @param otherwise the details where it waits for nothing
 */
export function showPause(pause: Pause | null, otherwise = ''): void {
  setCurrentDetails(pause === null ? otherwise : pauseToMarkdown(pause));
  upsertChanged([{ key: STATE, value: openState(pause?.kind ?? null) }]);
}

/** Each upsert is an event of the history: only changes are worth one. */
export function upsertChanged(attributes: SearchAttributeUpdatePair[]): void {
  const { typedSearchAttributes: known } = workflowInfo();
  const changed = attributes.filter(({ key, value }) => known.get(key) !== value);
  if (changed.length > 0) upsertSearchAttributes(changed);
}

/** A workflow that can be found by its state from its first task to its last. */
export function stated<Given extends unknown[], Result>(
  work: (...given: Given) => Promise<Result>,
): (...given: Given) => Promise<Result> {
  const say = (value: string) => upsertChanged([{ key: STATE, value }]);
  return async (...given) => {
    // One that continues has the state of before.
    if (workflowInfo().continuedFromExecutionRunId === undefined) say('running');
    try {
      const result = await work(...given);
      say('done');
      return result;
    } catch (error) {
      if (!(error instanceof ContinueAsNew)) say(isCancelled(error) ? 'cancelled' : 'failed');
      throw error;
    }
  };
}
