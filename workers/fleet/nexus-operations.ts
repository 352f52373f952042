import { startWorkflow, WorkflowRunOperationHandler } from '@temporalio/nexus';
import { type ServiceHandler, type StartOperationContext, serviceHandler } from 'nexus-rpc';
import {
  alpaca,
  type GenerateInput,
  type GenerateResult,
  type TrainInput,
  type TrainResult,
} from '../../clients/typescript/nexus.ts';
import { STARTED_BY } from '../../workflows/contracts/run/said.ts';

/** What a data worker does for workflows of other namespaces. Each operation is a workflow on the worker's own queue. */
export function alpacaOperations(): ServiceHandler {
  return serviceHandler(alpaca, {
    generate: runs<GenerateInput, GenerateResult>('generate'),
    train: runs<TrainInput, TrainResult>('train'),
  });
}

/** The server sends a request again until it is answered: the workflow id is made of its id, and it starts one run. */
function runs<Input, Result>(workflow: 'generate' | 'train'): WorkflowRunOperationHandler<Input, Result> {
  return new WorkflowRunOperationHandler((context, input) =>
    startWorkflow<(input: Input) => Promise<Result>>(context, workflow, {
      workflowId: `${workflow}-${context.requestId}`,
      args: [input],
      memo: { [STARTED_BY]: callerOf(context) },
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
    }),
  );
}

/** The workflow that called, as the server tells of it. */
function callerOf({ inboundLinks }: StartOperationContext): string {
  const [, namespace, workflowId] =
    /^\/namespaces\/([^/]+)\/workflows\/([^/]+)\//.exec(inboundLinks[0]?.url.pathname ?? '') ?? [];
  if (namespace === undefined || workflowId === undefined) return 'Nexus';
  return `Nexus: ${decodeURIComponent(workflowId)} in ${decodeURIComponent(namespace)}`;
}
