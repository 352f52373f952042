import { type Client, WorkflowClient } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { SENDER } from '../../workflows/contracts/run/said.ts';
import { tracedStarts } from '../fleet/tracing.ts';
import type { Visitor } from './access/visitor.ts';

/** The server, as visitors of a service reach it. */
export interface VisitorClients {
  /** says in the history of runs who it was: as the sender of each call, and of each update */
  of(visitor: Visitor): WorkflowClient;
}

/** Visitors whose clients are kept. */
const MOST_KEPT = 1000;

export function visitorClients(client: Client): VisitorClients {
  const kept = new Map<string, WorkflowClient>();
  return {
    of({ id, name }) {
      const known = kept.get(id);
      if (known !== undefined) return known;
      const sender = { [SENDER]: defaultPayloadConverter.toPayload(name) };
      const made = new WorkflowClient({
        connection: client.connection,
        namespace: client.options.namespace,
        identity: `${name} (${id})`,
        interceptors: [
          tracedStarts,
          {
            startUpdate: (input, next) => next({ ...input, headers: { ...input.headers, ...sender } }),
          },
        ],
      });
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(id, made);
      return made;
    },
  };
}
