import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { anyPort } from '../../workers/embedded/ports.ts';
import { devServer } from '../../workers/embedded/temporal-server.ts';
import { eventually } from './harness.ts';

/** The server that `npm run up` starts, asked as a page of another site in a person's browser would ask it. */
describe('the embedded Temporal server', () => {
  let folder: string;
  let ports: { port: number; httpPort: number; uiPort: number };
  let connection: Connection;
  let end: () => Promise<void>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-dev-server-'));
    ports = { port: await anyPort(), httpPort: await anyPort(), uiPort: await anyPort() };
    const cli = process.env.ALPACA_TEMPORAL_CLI ?? 'temporal';
    const env = process.env;
    const { command, args } = devServer({ cli, ...ports, databaseFile: join(folder, 'temporal.db'), env });
    const server = spawn(command, args, { env, stdio: 'ignore' });
    end = async () => {
      server.kill('SIGKILL');
      await once(server, 'exit');
    };
    const address = `127.0.0.1:${ports.port}`;
    connection = await eventually(
      () => Connection.connect({ address }).catch(() => null),
      (found) => found !== null,
    ).then((found) => found ?? Promise.reject(new Error('no server')));
    await eventually(
      () => connection.workflowService.describeNamespace({ namespace: 'default' }).catch(() => null),
      (found) => found !== null,
    );
  });
  after(async () => {
    await connection?.close();
    await end();
    await rm(folder, { recursive: true, force: true });
  });

  const START = JSON.stringify({
    workflowType: { name: 'alpaca' },
    taskQueue: { name: 'alpaca' },
    input: [{ budgetUsd: 1000 }],
  });
  /** What a page may send without its browser's asking first. */
  const post = (port: number, path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request({
        ...{ host: '127.0.0.1', port, path, method: 'POST' },
        headers: { 'content-type': 'text/plain', ...headers },
      });
      sent.on('error', reject).on('response', (response) => resolve(response.resume().statusCode ?? 0));
      sent.end(START);
    });

  it('starts no workflow for a page of another site, whatever it names as host', async () => {
    const { httpPort, uiPort } = ports;
    for (const headers of [
      { origin: 'http://evil.example' },
      { host: 'evil.example', origin: 'http://evil.example' },
      { host: `localhost:${httpPort}`, origin: 'null' },
      {},
    ] as Record<string, string>[]) {
      assert.equal(await post(httpPort, '/namespaces/default/workflows/evil', headers), 403);
      assert.equal(await post(httpPort, '/api/v1/namespaces/default/workflows/evil', headers), 403);
      assert.equal(await post(uiPort, '/api/v1/namespaces/default/workflows/evil', headers), 400);
    }
    const { count } = await connection.workflowService.countWorkflowExecutions({ namespace: 'default' });
    assert.equal(Number(count), 0);
  });

  it('starts one for whoever speaks its protocol, as before', async () => {
    const client = new Client({ connection });
    const handle = await client.workflow.start('alpaca', { taskQueue: 'alpaca', workflowId: 'ours' });
    assert.equal((await handle.describe()).status.name, 'RUNNING');
  });

  it('has no pages where it is started without', () => {
    const server = { cli: 'temporal', port: 7233, databaseFile: 'x.db', env: {} };
    const { args } = devServer({ ...server, uiPort: null });
    assert.ok(args.includes('--headless'));
    assert.ok(!args.includes('--ui-port'));
  });
});
