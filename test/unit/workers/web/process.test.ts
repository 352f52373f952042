import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../../../bare-environment.ts';

const MAIN = fileURLToPath(new URL('../../../../workers/web/main.ts', import.meta.url));

function start(env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: {
      ...BARE_ENVIRONMENT,
      ALPACA_STORE: join(tmpdir(), 'alpaca-web-process'),
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function errorOf(child: ChildProcess): Promise<{ code: unknown; text: string }> {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const [code] = await once(child, 'close');
  return { code, text };
}

describe('the web process', () => {
  it('says where it listens, stands without a Temporal server, and ends well on SIGTERM', async () => {
    const child = start({ ALPACA_WEB_PORT: '0' });
    assert.ok(child.stdout);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const { url } = JSON.parse(line);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    const health = await fetch(`${url}/health`);
    assert.deepEqual(await health.json(), { status: 'ok', temporal: 'unreachable' });
    const runs = await fetch(`${url}/api/v1/runs`);
    assert.equal(runs.status, 503);
    assert.match(JSON.stringify(await runs.json()), /The Temporal server does not answer/);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'close'), [0, null]);
  });

  it('says what is wrong in one sentence', async () => {
    const open = await errorOf(start({ ALPACA_WEB_HOST: '0.0.0.0', ALPACA_WEB_PORT: '0' }));
    assert.equal(open.code, 1);
    assert.match(
      open.text,
      /^\S+Z ERROR The web service is to listen on 0\.0\.0\.0.* Set ALPACA_WEB_TOKEN .*\n$/,
    );

    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    assert.ok(typeof address === 'object' && address);
    const second = await errorOf(start({ ALPACA_WEB_PORT: String(address.port) }));
    taken.close();
    assert.equal(second.code, 1);
    assert.match(second.text, /^\S+Z ERROR The port \d+ is in use\. Set ALPACA_WEB_PORT/);
  });
});
