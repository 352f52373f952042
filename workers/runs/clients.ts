import { randomUUID } from 'node:crypto';
import { type Client, isGrpcServiceError, WorkflowClient, WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { SENDER } from '../../workflows/contracts/run/said.ts';
import { tracedStarts } from '../fleet/tracing.ts';
import type { Visitor } from './access/visitor.ts';

/** The server, as visitors of a service reach it. */
export interface VisitorClients {
  /** says in the history of runs who it was: as the sender of each call, and of each update, and as the reason of a cancellation */
  of(visitor: Visitor): WorkflowClient;
}

/** gRPC's number: the run has ended, or there is none. */
const NOT_FOUND = 5;
/** Visitors whose clients are kept. */
const MOST_KEPT = 1000;

export function visitorClients(client: Client): VisitorClients {
  const kept = new Map<string, WorkflowClient>();
  return {
    of({ id, name }) {
      const known = kept.get(id);
      if (known !== undefined) return known;
      const { connection } = client;
      const { namespace } = client.options;
      const identity = `${name} (${id})`;
      const sender = { [SENDER]: defaultPayloadConverter.toPayload(name) };
      const made = new WorkflowClient({
        ...{ connection, namespace, identity },
        interceptors: [
          tracedStarts,
          {
            startUpdate: (input, next) => next({ ...input, headers: { ...input.headers, ...sender } }),
            // The SDK's own gives no reason.
            cancel: ({ workflowExecution, firstExecutionRunId = '' }) =>
              connection.workflowService
                .requestCancelWorkflowExecution({
                  ...{ namespace, identity, workflowExecution, firstExecutionRunId },
                  ...{ requestId: randomUUID(), reason: name },
                })
                .catch((error: unknown) => {
                  if (!isGrpcServiceError(error) || error.code !== NOT_FOUND) throw error;
                  const { workflowId = '', runId } = workflowExecution;
                  throw new WorkflowNotFoundError(error.details, workflowId, runId ?? undefined);
                }),
          },
        ],
      });
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(id, made);
      return made;
    },
  };
}
