import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type HealthView, serveHealth } from '../../../../workers/fleet/health.ts';

/** What both paths say of a worker. */
async function said(change: Partial<HealthView>): Promise<string[]> {
  const view = { answeredAt: Date.now(), notPolling: null, ...change };
  const { url, close } = await serveHealth({ host: '127.0.0.1', port: 0 }, () => view);
  const answers = ['/healthz', '/readyz'].map(async (path) => {
    const response = await fetch(url + path);
    return `${response.status} ${(await response.text()).trim()}`;
  });
  const found = await Promise.all(answers);
  await close();
  return found;
}

describe('a worker’s health', () => {
  it('is good while it polls and the server answers', async () => {
    assert.deepEqual(await said({}), ['200 ok', '200 ok']);
  });

  it('is not ready before it polls and once it stops, and is kept', async () => {
    assert.deepEqual(await said({ notPolling: 'the worker stops' }), ['200 ok', '503 the worker stops']);
  });

  it('is not ready soon after the server fell silent, and not worth keeping after a minute', async () => {
    assert.deepEqual(await said({ answeredAt: Date.now() - 20_000 }), [
      '200 ok',
      '503 the Temporal server has not answered for 20 s',
    ]);
    assert.deepEqual(await said({ answeredAt: Date.now() - 61_000 }), [
      '503 the Temporal server has not answered for 61 s',
      '503 the Temporal server has not answered for 61 s',
    ]);
  });

  it('is not told while the thread of the work stands still', async () => {
    const { url, close } = await serveHealth({ host: '127.0.0.1', port: 0 }, () => ({
      answeredAt: Date.now(),
      notPolling: null,
    }));
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const probe = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       const { flag, url } = workerData;
       fetch(url, { signal: AbortSignal.timeout(500) }).then(() => 'answered', () => 'no answer')
         .then((said) => { Atomics.store(flag, 0, 1); Atomics.notify(flag, 0); parentPort.postMessage(said); });`,
      { eval: true, workerData: { url: `${url}/healthz`, flag } },
    );
    const heard = new Promise((resolve) => probe.once('message', resolve));
    await new Promise((resolve) => probe.once('online', resolve));
    Atomics.wait(flag, 0, 0, 20_000); // until the probe has given up
    assert.equal(await heard, 'no answer');
    await probe.terminate();
    await close();
  });

  it('says what to set where its port is taken', async () => {
    const { url, close } = await serveHealth({ host: '127.0.0.1', port: 0 }, () => ({
      answeredAt: 0,
      notPolling: null,
    }));
    const port = Number(new URL(url).port);
    await assert.rejects(
      serveHealth({ host: '127.0.0.1', port }, () => ({ answeredAt: 0, notPolling: null })),
      { code: 'Configuration', message: /ALPACA_HEALTH_PORT/ },
    );
    await close();
  });
});
