import { log, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import type { StartActivities } from './contracts/start.ts';
import { readLeniently } from './decisions/start/read-leniently.ts';
import { type HandedOverOf, type InputOf, STARTS, type WorkflowName } from './decisions/start/starts.ts';
import { failed } from './failed.ts';
import { holdUpdates } from './updates.ts';

/** Within the first workflow task: whatever is sent right after the start finds its handler. */
const { resolveStart } = proxyLocalActivities<StartActivities>({
  startToCloseTimeout: '30s',
  summary: 'the input with its defaults: the run goes by it from now on',
});

/**
 * Reads what a workflow was started with, once in its life: what comes of it is in the history, and a default that
 * is changed later changes nothing of a run that goes on. A wrong or unknown field fails the workflow at once,
 * naming the path, the value and what was expected. A second argument that is not ours is ignored.
 *
 * @param updates that the workflow takes: one that comes with the start waits until the input is read
 */
export async function resolveInput<Name extends WorkflowName>(
  workflow: Name,
  raw: unknown,
  second: unknown,
  updates: readonly { name: string }[] = [],
): Promise<{ input: InputOf<Name>; handedOver: HandedOverOf<Name> | null }> {
  const { parent, continuedFromExecutionRunId } = workflowInfo();
  const start = {
    workflow,
    input: raw ?? null,
    second: second ?? null,
    mayBeHandedOver: parent !== undefined || continuedFromExecutionRunId !== undefined,
  };
  const resolved = await holdUpdates(updates, () => resolveStart(start));
  if (resolved.problems !== null) {
    const { problems } = resolved;
    throw failed('InvalidInput', `The input of ${workflow} is wrong: ${problems.join('; ')}.`, { problems });
  }
  if (resolved.ignored)
    log.warn('The second argument is ignored: nothing but a parent or an earlier run hands one over.');
  const taken = STARTS[workflow];
  return {
    input: asRecorded(taken.input, resolved.input) as InputOf<Name>,
    handedOver:
      resolved.handedOver === null
        ? null
        : (asRecorded(taken.handedOver, resolved.handedOver) as HandedOverOf<Name>),
  };
}

/** What is recorded stands. A field that is newer than the record has its default of today. */
function asRecorded(schema: z.ZodType, recorded: unknown): unknown {
  const read = readLeniently(schema, recorded);
  return read.success ? read.data : recorded;
}
