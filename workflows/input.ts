import { log, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { z } from 'zod';
import { heartbeatsEvery } from './activity-bounds.ts';
import type { StartActivities } from './contracts/run/start.ts';
import { withProblems } from './decisions/issue-text.ts';
import { summaryOf } from './decisions/screen/summary-text.ts';
import { readLeniently } from './decisions/start/read-leniently.ts';
import { resolveStart } from './decisions/start/resolve-start.ts';
import { type HandedOverOf, type InputOf, STARTS, type WorkflowName } from './decisions/start/starts.ts';
import { failed } from './failed.ts';
import { noteWhoStartedIt } from './parent-run.ts';
import { showTitle } from './show.ts';
import { holdUpdates } from './updates.ts';

/** What a workflow goes by: its input, and what was handed over, null where nothing was. */
interface GivenTo<Name extends WorkflowName> {
  input: InputOf<Name>;
  handedOver: HandedOverOf<Name> | null;
}

interface EarlyMessages<Name extends WorkflowName> {
  /** that the workflow takes */
  updates?: readonly { name: string }[];
  /** sets query handlers, and no others: what is read by today's defaults is good for an answer, and decides nothing */
  answer?(given: GivenTo<Name>): void;
}

/** Of an id, in bytes, as a server takes it by default. */
const LONGEST_ID = 1000;
/** What the id of a child is longer by than its parent's: a slash, and its name or key. */
const CHILD_ID_ADDS: Partial<Record<WorkflowName, number>> = { alpaca: 9, rate: 17 };

/** Within the first workflow task: whatever is sent right after the start finds its handler. */
const beginning = proxyLocalActivities<StartActivities>({
  startToCloseTimeout: '30s',
  summary: 'the input with its defaults: the run goes by it from now on',
});

/**
 * Reads what a workflow was started with, once in its life: what comes of it is in the history, and a default that
 * is changed later changes nothing of a run that goes on. A wrong or unknown field fails the workflow at once,
 * naming the path, the value and what was expected. A second argument that is not ours is ignored.
 *
 * @param messages that may come before: an update waits until the input is read, a query is answered at once
 */
export async function resolveInput<Name extends WorkflowName>(
  workflow: Name,
  raw: unknown,
  second: unknown,
  { updates = [], answer }: EarlyMessages<Name> = {},
): Promise<GivenTo<Name>> {
  noteWhoStartedIt(second);
  checkIdOf(workflow);
  const { parent, continuedFromExecutionRunId } = workflowInfo();
  const start = {
    workflow,
    input: raw ?? null,
    second: second ?? null,
    mayBeHandedOver: parent !== undefined || continuedFromExecutionRunId !== undefined,
  };
  const now = resolveStart(start);
  if (now.problems === null && answer) answer(now as GivenTo<Name>);
  const resolved = await holdUpdates(updates, () => beginning.resolveStart(start));
  heartbeatsEvery(resolved.heartbeatSeconds);
  if (resolved.problems !== null) {
    const { problems } = resolved;
    const what = `The input of ${workflow} is wrong`;
    throw failed('InvalidInput', withProblems(what, problems), { problems });
  }
  if (resolved.ignored)
    log.warn('The second argument is ignored: nothing but a parent or an earlier run hands one over.');
  const taken = STARTS[workflow];
  const input = asRecorded(taken.input, resolved.input) as InputOf<Name>;
  showTitle(summaryOf(workflow, input));
  return {
    input,
    handedOver:
      resolved.handedOver === null
        ? null
        : (asRecorded(taken.handedOver, resolved.handedOver) as HandedOverOf<Name>),
  };
}

/** A child whose id is too long is never started, however often that is tried. */
function checkIdOf(workflow: WorkflowName): void {
  const { length } = new TextEncoder().encode(workflowInfo().workflowId);
  const longest = LONGEST_ID - (CHILD_ID_ADDS[workflow] ?? 0);
  if (length <= longest) return;
  throw failed(
    'InvalidInput',
    `The workflow id has ${length} bytes, and those of its children begin with it: start it with one of at most ${longest}.`,
  );
}

/** What is recorded stands. A field that is newer than the record has its default of today. */
function asRecorded(schema: z.ZodType, recorded: unknown): unknown {
  const read = readLeniently(schema, recorded);
  return read.success ? read.data : recorded;
}
