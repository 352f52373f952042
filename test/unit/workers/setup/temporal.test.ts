import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TEMPORAL } from '../../../../workers/setup/pins.mjs';

const SETUP = new URL('../../../../workers/setup/temporal.mjs', import.meta.url).href;
const PINS = new URL('../../../../workers/setup/pins.mjs', import.meta.url).href;

describe('bringing the Temporal CLI', () => {
  it('takes no archive but the pinned one', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-temporal-cli-'));
    const asked: string[] = [];
    const server = createServer(({ url }, response) => {
      asked.push(String(url));
      response.end('another archive');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    test.after(() => server.close());
    test.after(() => rm(folder, { recursive: true, force: true }));
    const address = server.address();
    const download = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const script = `import { TEMPORAL } from ${JSON.stringify(PINS)};
TEMPORAL.download = ${JSON.stringify(download)};
const { findTemporal } = await import(${JSON.stringify(SETUP)});
await findTemporal().catch((error) => console.log(error.message));`;
    // Neither a CLI nor Go is on this PATH.
    const program = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: folder, ALPACA_CACHE: join(folder, 'cache') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    program.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await once(program, 'close');
    const pin = TEMPORAL.archives[`${process.platform}-${process.arch}`];
    assert.deepEqual(asked, [`/v1.5.1/${pin?.file}`]);
    assert.match(said, new RegExp(`has the sha256 digest [0-9a-f]{64}, but ${pin?.sha256} is pinned`));
  });
});
