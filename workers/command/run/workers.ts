import { WORKER_ROLES } from '../../../workflows/contracts/run.ts';
import { livingWorkers, queueCalls, unpolledText } from '../../fleet/unpolled.ts';
import { connect } from '../connection.ts';
import { findEnvironment } from '../environment.ts';
import type { Terminal } from '../terminal.ts';

/** `alpaca workers`: who is at work in a fleet, and what its GPU workers compute on. */
export async function listWorkers(taskQueue: string, terminal: Terminal): Promise<void> {
  const { connection, workflowService, options } = await connect(await findEnvironment());
  try {
    const calls = queueCalls({ workflowService, namespace: options.namespace });
    const living = await livingWorkers(calls, taskQueue);
    const lines = WORKER_ROLES.flatMap((role) =>
      living[role].map((identity) => `${role.padEnd(10)}  ${identity}`),
    );
    const absent = unpolledText(
      taskQueue,
      WORKER_ROLES.filter((role) => living[role].length === 0),
    );
    terminal.result(living, [...lines, ...(absent === null ? [] : [absent])].join('\n'));
  } finally {
    await connection.close();
  }
}
