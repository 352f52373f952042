import { defaultPayloadConverter } from '@temporalio/common';
import { upsertMemo, type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import { MOST_SAID, SENDER, UPDATED_BY, updatesSaid } from '../contracts/run/said.ts';

/** Characters of a name. */
const LONGEST = 100;

/** Notes in a run's memo who sent an update that was taken, where the update says it. */
export function interceptors(): WorkflowInterceptors {
  return {
    inbound: [
      {
        async handleUpdate(input, next) {
          const result = await next(input);
          const by = senderIn(input.headers[SENDER]);
          if (by === null) return result;
          const before = updatesSaid.safeParse(workflowInfo().memo?.[UPDATED_BY]).data ?? [];
          const now = { what: input.name, by, at: new Date().toISOString() };
          upsertMemo({ [UPDATED_BY]: [...before, now].slice(-MOST_SAID) });
          return result;
        },
      },
    ],
  };
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
