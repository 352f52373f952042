import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { toTemporalFailure } from '../activities/activity-attempt.ts';
import type { ArtifactStore } from '../activities/artifacts/store.ts';
import { keepingOpened } from '../activities/artifacts/stores/opened.ts';
import { STORE_WITNESS } from '../workflows/decisions/store-witness.ts';

/**
 * Begins no attempt over a store that lacks what is known to be in the store of the attempt's run; what an attempt opens
 * stays until it ends.
 */
export function storeCheck(store: Pick<ArtifactStore, 'mustHold'>): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      const witness = input.headers[STORE_WITNESS];
      if (witness !== undefined)
        await store.mustHold(defaultPayloadConverter.fromPayload<string>(witness)).catch((error) => {
          throw toTemporalFailure(error);
        });
      return keepingOpened(() => next(input));
    },
  };
}
