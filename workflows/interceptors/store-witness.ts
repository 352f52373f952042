import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { STORE_WITNESS, witnessIn } from '../decisions/store-witness.ts';

/** Tells every activity and child, and the run that this one continues as, of an artifact that is in the run's store. */
export function interceptors(): WorkflowInterceptors {
  let witness: Headers = {};
  const take = (result: unknown) => {
    const uri = witnessIn(result);
    if (uri !== null) witness = { [STORE_WITNESS]: defaultPayloadConverter.toPayload(uri) };
  };
  const takeFrom = (result: Promise<unknown>) => void result.then(take, () => {});
  const telling = <Input extends { readonly headers: Headers }>(input: Input): Input => ({
    ...input,
    headers: { ...input.headers, ...witness },
  });
  return {
    inbound: [
      {
        execute(input, next) {
          const handedOn = input.headers[STORE_WITNESS];
          if (handedOn !== undefined) witness = { [STORE_WITNESS]: handedOn };
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity(input, next) {
          const result = next(telling(input));
          takeFrom(result);
          return result;
        },
        startChildWorkflowExecution(input, next) {
          // Webhooks tell of a store that is away.
          const started = next(input.workflowType === 'notify' ? input : telling(input));
          started.then(
            ([, result]) => takeFrom(result),
            () => {},
          );
          return started;
        },
        continueAsNew: (input, next) => next(telling(input)),
      },
    ],
  };
}
