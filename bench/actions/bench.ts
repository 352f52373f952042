import { startProcesses } from '../../test/processes.ts';
import { anyPort } from '../../workers/embedded/ports.ts';
import { actionsPerHour } from './per-hour.ts';
import { countActions } from './server-metrics.ts';

/**
 * What a run costs in Actions of Temporal Cloud: a run on `{}` (or on the JSON given), as the server's own metric
 * counts them, and by computation what an hour of each step takes.
 */
export async function benchActions([input = '{}']: string[]): Promise<Record<string, unknown>> {
  const metricsPort = await anyPort();
  const processes = await startProcesses({ metricsPort });
  try {
    await Promise.all([processes.start('data-worker'), processes.start('gpu-worker')]);
    const before = await countActions(metricsPort);
    const begun = performance.now();
    const run = await processes.client.workflow.start('alpaca', {
      taskQueue: 'alpaca',
      workflowId: 'counted',
      args: [JSON.parse(input)],
    });
    await run.result();
    const seconds = Math.round((performance.now() - begun) / 1000);
    const after = await countActions(metricsPort);
    const kinds = [...after].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
    const counted = kinds.filter(([, count]) => count > 0).sort(([, left], [, right]) => right - left);
    return {
      seconds,
      actions: counted.reduce((sum, [, count]) => sum + count, 0),
      byKind: Object.fromEntries(counted),
      anHourOfEachStep: actionsPerHour(),
    };
  } finally {
    await processes.stop();
  }
}
