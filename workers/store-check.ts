import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { Presence } from '../activities/artifacts/presence.ts';
import { toTemporalFailure } from '../activities/attempt.ts';
import { STORE_WITNESS } from '../workflows/decisions/store-witness.ts';

/** Begins no attempt over a store that lacks what is known to be in the store of the attempt's run. */
export function storeCheck(root: string): ActivityInboundCallsInterceptor {
  const presence = new Presence(root);
  return {
    async execute(input, next) {
      const witness = input.headers[STORE_WITNESS];
      if (witness !== undefined)
        await presence.mustHold(defaultPayloadConverter.fromPayload<string>(witness)).catch((error) => {
          throw toTemporalFailure(error);
        });
      return next(input);
    },
  };
}
