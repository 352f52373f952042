import { defaultPayloadConverter } from '@temporalio/common';
import { upsertMemo, type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import { MOST_SAID, SENDER, saidIn, UPDATED_BY } from '../contracts/run/said.ts';
import { parentRun } from '../parent-run.ts';

/** Characters of a name. */
const LONGEST = 100;

/**
 * Notes in a run's memo who sent an update that was taken, where the update says it, and who cancelled the run, where that
 * was given as the reason; the run that goes on from it has it too.
 */
export function interceptors(): WorkflowInterceptors {
  return {
    inbound: [
      {
        handleUpdate(input, next) {
          const by = senderIn(input.headers[SENDER]);
          return by === null ? next(input) : noting(input.name, by, next(input));
        },
      },
    ],
    internals: [
      {
        activate(input, next) {
          const by = cancelledBy(input.activation.jobs);
          if (by !== null && !parentRun()) note('cancel', by);
          next(input);
        },
      },
    ],
    outbound: [
      {
        continueAsNew(input, next) {
          const { memo } = workflowInfo();
          // Of itself a run hands on the memo that it was started with, without what was noted since.
          return memo?.[UPDATED_BY] === undefined
            ? next(input)
            : next({ ...input, options: { ...input.options, memo: { ...memo, ...input.options.memo } } });
        },
      },
    ],
  };
}

async function noting(what: string, by: string, taken: Promise<unknown>): Promise<unknown> {
  const result = await taken;
  note(what, by);
  return result;
}

function note(what: string, by: string): void {
  const { updates } = saidIn(workflowInfo().memo);
  const now = { what, by, at: new Date().toISOString() };
  upsertMemo({ [UPDATED_BY]: [...updates, now].slice(-MOST_SAID) });
}

function cancelledBy(
  jobs: readonly { cancelWorkflow?: { reason?: string | null } | null }[] | null | undefined,
): string | null {
  const reason = jobs?.find(({ cancelWorkflow }) => cancelWorkflow)?.cancelWorkflow?.reason;
  return reason && reason.length <= LONGEST ? reason : null;
}

/** Anybody can send a header, with anything in it. */
function senderIn(
  payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0] | undefined,
): string | null {
  if (payload === undefined) return null;
  try {
    const name: unknown = defaultPayloadConverter.fromPayload(payload);
    return typeof name === 'string' && name.length <= LONGEST ? name : null;
  } catch {
    return null;
  }
}
