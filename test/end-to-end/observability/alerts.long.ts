import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { anyPort } from '../../../workers/embedded/ports.ts';
import { until } from '../../chaos/in-flight.ts';
import { type Processes, startProcesses } from '../../processes.ts';

/** The alert rules by a real Prometheus (Debian's package `prometheus`): each by itself, and some at a run. */

const RULES = fileURLToPath(new URL('../../../deploy/prometheus/alerts.yml', import.meta.url));
const CONFIGURATION = new URL('../../../deploy/prometheus/prometheus.yml', import.meta.url);
const CASES = new URL('./alerts.test.yml', import.meta.url);

const isThere = ['prometheus', 'promtool'].every((name) => !spawnSync(name, ['--version']).error);
const skip = isThere ? false : 'needs Prometheus: apt-get install prometheus';

const rules = z.object({ groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string() })) })) });
const cases = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(
        z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) }),
      ),
    }),
  ),
});
const firing = z.object({
  data: z.object({
    alerts: z.array(z.object({ state: z.string(), labels: z.record(z.string(), z.string()) })),
  }),
});

describe('the alerts', { skip }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-prometheus-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('fire each by what it is for, and not before', async () => {
    const text = await readFile(CASES, 'utf8');
    const found = cases.parse(parse(text)).tests.flatMap((test) => test.alert_rule_test);
    const names = rules.parse(parse(await readFile(RULES, 'utf8'))).groups.flatMap((group) => group.rules);
    for (const { alert } of names) {
      const of = found.filter(({ alertname }) => alertname === alert);
      assert.ok(
        of.some((each) => each.exp_alerts.length > 0),
        `${alert} is made to fire`,
      );
      assert.ok(
        of.some((each) => each.exp_alerts.length === 0),
        `${alert} is silent before`,
      );
    }
    const path = join(folder, 'alerts.test.yml');
    await writeFile(path, text.replace('ALERTS', RULES));
    await promisify(execFile)('promtool', ['test', 'rules', path]);
  });

  describe('of a Prometheus that looks at a worker', () => {
    let processes: Processes;
    let end: () => Promise<void>;
    let url: string;
    before(async () => {
      const [metricsPort, port] = [await anyPort(), await anyPort()];
      processes = await startProcesses({
        env: { ALPACA_METRICS_PORT: String(metricsPort) },
        profiles: (baseUrl) => ({
          dear: {
            baseUrl,
            model: 'offline-composer',
            price: { inputUsdPerMillion: 4, outputUsdPerMillion: 4 },
          },
        }),
      });
      await processes.start('data-worker');
      url = `http://127.0.0.1:${port}`;
      end = await startPrometheus(folder, port, metricsPort);
    });
    after(async () => {
      await end?.();
      await processes?.stop();
    });
    const alertsNow = async () => {
      const answer = await fetch(`${url}/api/v1/alerts`).catch(() => null);
      const alerts = answer === null ? [] : firing.parse(await answer.json()).data.alerts;
      return alerts.map(({ state, labels }) => `${labels.alertname} ${state}`);
    };

    it('BudgetNearlySpent fires where a run comes to 80% of its budget, and RunWaits is on its way', async () => {
      const handle = await processes.client.workflow.start('generate', {
        taskQueue: 'alpaca',
        workflowId: 'dear-run',
        args: [{ teacher: 'dear', target: 5000, budgetUsd: 1, concurrency: 2 }],
      });
      for (const wanted of ['BudgetNearlySpent firing', 'RunWaits pending'])
        await until(async () => (await alertsNow()).includes(wanted), 5).catch(async (error) => {
          console.error(await alertsNow(), await handle.query('progress'));
          throw error;
        });
      await handle.terminate();
    });

    it('WorkerDown is on its way where the worker is killed', async () => {
      await processes.kill('data-worker');
      await until(async () => (await alertsNow()).includes('WorkerDown pending'));
    });
  });
});

/** By the deployed files, but for where the worker is and how often it looks. */
async function startPrometheus(
  folder: string,
  port: number,
  metricsPort: number,
): Promise<() => Promise<void>> {
  const deployed = z
    .looseObject({ scrape_configs: z.array(z.looseObject({ job_name: z.string() })) })
    .parse(parse(await readFile(CONFIGURATION, 'utf8')));
  const path = join(folder, 'prometheus.yml');
  const [job] = deployed.scrape_configs;
  const configuration = {
    ...deployed,
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [RULES],
    scrape_configs: [
      { job_name: job?.job_name, static_configs: [{ targets: [`127.0.0.1:${metricsPort}`] }] },
    ],
  };
  await writeFile(path, stringify(configuration));
  const server = spawn(
    'prometheus',
    [
      `--config.file=${path}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  return async () => {
    server.kill();
    await ended;
  };
}
