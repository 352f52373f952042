import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import proto from '@temporalio/proto';
import { anyPort } from '../../workers/embedded/ports.ts';
import { registerSearchAttributes } from '../../workers/embedded/temporal-server.ts';
import { queueCalls, unpolledRoles } from '../../workers/fleet/unpolled.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { until } from '../chaos/in-flight.ts';
import { type Processes, type ProcessName, startProcesses } from '../processes.ts';
import { AT_WORK } from '../unit/workers/fleet/sdk-series.ts';

/** Workers as processes, beside a real server. */

const LOGGED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (TRACE|DEBUG|INFO|WARN|ERROR) \S/;

describe('a worker of a namespace', () => {
  let processes: Processes;
  let healthPort: number;
  let metricsPort: number;
  before(async () => {
    [healthPort, metricsPort] = [await anyPort(), await anyPort()];
    processes = await startProcesses({
      searchAttributes: [],
      env: {
        ALPACA_HEALTH_PORT: String(healthPort),
        ALPACA_METRICS_PORT: String(metricsPort),
        ALPACA_NEXUS: 'true',
      },
    });
  });
  after(() => processes?.stop());

  const logOf = (name: ProcessName) => readFile(join(processes.folder, `${name}.log`), 'utf8');
  const health = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${healthPort}/${path}`);
    return `${response.status} ${(await response.text()).trim()}`;
  };
  const unpolled = () =>
    unpolledRoles(
      queueCalls({ workflowService: processes.client.workflowService, namespace: 'default' }),
      'alpaca',
    );

  it('that lacks search attributes does not start, and says what registers them', async () => {
    await assert.rejects(processes.start('data-worker'), /ended with 1 before it was ready/);
    const said = (await logOf('data-worker')).trim();
    const names = SEARCH_ATTRIBUTES.map(({ name }) => name).join(', ');
    assert.match(said, LOGGED);
    assert.ok(said.includes(`The namespace default lacks the search attributes ${names}.`), said);
    const command = `temporal operator search-attribute create --address ${processes.address} --namespace default --name AlpacaStage --type Keyword`;
    assert.ok(said.includes(command), said);
  });

  it('has no worker for any queue until one is started', async () => {
    assert.deepEqual(await unpolled(), ['workflows', 'requests', 'processing', 'gpu']);
  });

  it('that has them is worked in: each queue of the worker is polled, and it says that it is well', async () => {
    await registerSearchAttributes({ address: processes.address }, 'default');
    await processes.start('data-worker');
    await until(async () => (await health('readyz')) === '200 ok');
    assert.equal(await health('healthz'), '200 ok');
    await until(async () => (await unpolled()).join() === 'gpu');
  });

  it('offers Nexus operations where ALPACA_NEXUS says so', async () => {
    const nexus = {
      taskQueue: { name: 'alpaca' },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_NEXUS,
    };
    const { workflowService } = processes.client;
    await until(async () => {
      const { pollers } = await workflowService.describeTaskQueue({ namespace: 'default', ...nexus });
      return pollers?.length === 1;
    });
  });

  it('takes nothing of another fleet’s', async () => {
    const handle = await processes.client.workflow.start('sample', {
      taskQueue: 'green',
      workflowId: 'green-run',
      args: [{}],
    });
    await processes.client.workflow.execute('sample', {
      taskQueue: 'alpaca',
      workflowId: 'alpaca-run',
      args: [{}],
    });
    assert.equal((await handle.describe()).historyLength, 2);
    await handle.terminate();
  });

  it('serves to Prometheus what the SDK and it measure, and no id of a run', async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const series = new Set(text.match(/^\w+/gm));
    const ours = ['alpaca_runs_waiting', 'alpaca_budget_used_ratio', 'alpaca_store_written_bytes_total'];
    assert.deepEqual(
      [...AT_WORK, ...ours].filter((name) => !series.has(name)),
      [],
    );
    assert.doesNotMatch(text, /alpaca-run|green-run/);
  });

  it('says what to set where another serves there', async () => {
    await assert.rejects(processes.start('data-worker-2'), /ended with 1 before it was ready/);
    assert.match(await logOf('data-worker-2'), /Address already in use.* Set ALPACA_METRICS_PORT to another/);
  });

  it('stops at once where it does nothing, and is there again after a start', async () => {
    const before = Date.now();
    assert.equal(await processes.terminate('data-worker'), 0);
    const seconds = (Date.now() - before) / 1000;
    assert.ok(seconds < 5, `${seconds} s`);
    await processes.start('data-worker');
  });

  it('is not ready while the server is away, is again when it is back, and logs in one format', async () => {
    await processes.kill('temporal');
    await until(async () =>
      /^503 the Temporal server has not answered for 1\d s$/.test(await health('readyz')),
    );
    assert.equal(await health('healthz'), '200 ok');
    await processes.start('temporal');
    await until(async () => (await health('readyz')) === '200 ok');
    const lines = (await logOf('data-worker')).trim().split('\n');
    const other = lines.filter((line) => !LOGGED.test(line) && !line.startsWith('{'));
    assert.deepEqual(other, []);
    assert.ok(lines.some((line) => line.includes('"sdkComponent":"core"')));
  });

  it('is missed within 45 s of its kill, so that what looks every 15 s says it within a minute', async () => {
    await until(async () => (await unpolled()).join() === 'gpu');
    await processes.kill('data-worker');
    const killedAt = Date.now();
    await until(async () => (await unpolled()).length === 4);
    const seconds = (Date.now() - killedAt) / 1000;
    assert.ok(seconds < 45, `${seconds} s`);
  });
});
