import { defaultPayloadConverter } from '@temporalio/common';
import { upsertMemo, type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import { MOST_SAID, SENDER, UPDATED_BY, updatesSaid } from '../contracts/run/said.ts';

/** Characters of a name. */
const LONGEST = 100;

/** Notes in a run's memo who sent an update that was taken, where the update says it; the run that goes on from it has it too. */
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
  const before = updatesSaid.safeParse(workflowInfo().memo?.[UPDATED_BY]).data ?? [];
  const now = { what, by, at: new Date().toISOString() };
  upsertMemo({ [UPDATED_BY]: [...before, now].slice(-MOST_SAID) });
  return result;
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
