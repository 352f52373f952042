import type { SearchAttributeUpdatePair } from '@temporalio/common';
import {
  ContinueAsNew,
  proxySinks,
  type Sinks,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Pause, Progress } from './contracts/progress.ts';
import { openState } from './decisions/progress-of.ts';
import { pauseToMarkdown, toMarkdown } from './decisions/stage-table.ts';
import { isCancelled } from './failed.ts';
import { parentRun } from './parent-run.ts';
import { STATE } from './search-attributes.ts';

/** What the Temporal UI shows of a workflow, what it is found by, and what its worker measures of it. */

/** What is measured of a run that nobody else has as a step. */
export type MeasuredRun = Pick<Progress, 'costUsd' | 'budgetUsd' | 'pauseKind'>;

/** Leads out of the workflow and gives nothing back: no command, and nothing in its history. */
export interface RunSinks extends Sinks {
  runs: { stands(run: MeasuredRun): void; ended(): void };
}

const { runs } = proxySinks<RunSinks>();
let title = '';
let details = '';

/** @param text what the workflow is for: it stands above the details, since whoever starts it may give it no summary */
export function showTitle(text: string): void {
  title = text;
  showDetails('');
}

/** @param text in Markdown */
export function showDetails(text: string): void {
  details = text;
  showBelowTitle(text);
}

/** @param found what it is found by beside its state */
export function showProgress(progress: Progress, found: SearchAttributeUpdatePair[] = []): void {
  showDetails(toMarkdown(progress));
  measured(progress);
  upsertChanged([...found, { key: STATE, value: openState(progress.pauseKind) }]);
}

/** What a workflow waits for that has no more to show, in place of its details for as long as it waits. */
export function showPause(pause: Pause | null): void {
  showBelowTitle(pause === null ? details : pauseToMarkdown(pause));
  upsertChanged([{ key: STATE, value: openState(pause?.kind ?? null) }]);
  measured({ costUsd: 0, budgetUsd: null, pauseKind: pause?.kind ?? null });
}

function measured({ costUsd, budgetUsd, pauseKind }: MeasuredRun): void {
  if (parentRun() === undefined) runs.stands({ costUsd, budgetUsd, pauseKind });
}

function showBelowTitle(text: string): void {
  setCurrentDetails([title, text].filter(Boolean).join('\n\n'));
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
    } finally {
      runs.ended();
    }
  };
}
