import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { AlpacaError } from '../../activities/errors.ts';
import type { Environment } from '../embedded/environment-file.ts';
import { tracedStarts } from '../fleet/tracing.ts';
import { queueCalls, unpolledRoles, unpolledText } from '../fleet/unpolled.ts';
import type { Following } from './run/follow.ts';

const TRACED = { workflow: [tracedStarts] };

/** A client of the standing environment; without one, of the server that TEMPORAL_* points at. */
export async function connect(environment: Environment | null): Promise<Client> {
  const { address, namespace, connectionOptions } = serverOf(environment);
  try {
    const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout: 5000 });
    return new Client({ connection, namespace, interceptors: TRACED });
  } catch (error) {
    throw new AlpacaError('Configuration', `No Temporal server answers at ${address}.`, {
      remedy: 'Start the environment with `npm run up`, or set TEMPORAL_ADDRESS.',
      cause: error,
    });
  }
}

/** The same for what tells itself that the server does not answer. */
export function connectLazily(environment: Environment | null): Client {
  const { address, namespace, connectionOptions } = serverOf(environment);
  const connection = Connection.lazy({ ...connectionOptions, address });
  return new Client({ connection, namespace, interceptors: TRACED });
}

/** What following a run needs to know of the server and of the connection to it. */
export function followingOf(
  { connection, workflow, workflowService }: Client,
  environment: Environment | null,
  workflowId: string,
): Pick<Following, 'run' | 'withDeadline' | 'askStep' | 'unpolled'> {
  const { address, namespace } = serverOf(environment);
  return {
    run: { workflowId, address, namespace },
    withDeadline: (deadline, call) => connection.withDeadline(deadline, call),
    askStep: (id) => workflow.getHandle(id).query('progress'),
    unpolled: async (taskQueue) =>
      unpolledText(taskQueue, await unpolledRoles(queueCalls({ workflowService, namespace }), taskQueue)),
  };
}

/** The server as messages name it. */
export function serverName(environment: Environment | null): string {
  const { address, namespace } = serverOf(environment);
  return `the Temporal server ${address} (namespace ${namespace})`;
}

function serverOf(environment: Environment | null) {
  const configured = environment && !environment.existing ? null : loadClientConnectConfig();
  return {
    connectionOptions: configured?.connectionOptions,
    address: environment?.address ?? configured?.connectionOptions.address ?? '127.0.0.1:7233',
    namespace: environment?.namespace ?? configured?.namespace ?? 'default',
  };
}

/** Where a run is in the Temporal UI; null where no UI is known. */
export function uiUrlOf(environment: Environment | null, workflowId: string, runId: string): string | null {
  if (!environment?.uiUrl) return null;
  return `${environment.uiUrl}/namespaces/${environment.namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
}
