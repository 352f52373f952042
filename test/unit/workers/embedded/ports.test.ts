import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { anyPort, choosePort } from '../../../../workers/embedded/ports.ts';

describe('a port', () => {
  let taken = 0;
  let server: Server;
  before(async () => {
    taken = await anyPort();
    server = createServer().listen(taken, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });
  after(() => server.close());

  it('is the preferred one when that is free', async () => {
    const free = await anyPort();
    assert.deepEqual(await choosePort(free), { port: free, preferred: true });
  });

  it('is another when the preferred one is taken, and says so', async () => {
    const choice = await choosePort(taken);
    assert.equal(choice.preferred, false);
    assert.notEqual(choice.port, taken);
    assert.ok(choice.port > 0);
  });

  it('is another each time, and none that a connection which goes out is given meanwhile', async () => {
    const ports = await Promise.all(Array.from({ length: 8 }, () => anyPort()));
    assert.equal(new Set(ports).size, 8, `${ports}`);
    assert.ok(
      ports.every((port) => port >= 20_000 && port < 32_768),
      `${ports}`,
    );
  });

  it('is a number, and stays the same after a restart, where none is preferred', async () => {
    const choice = await choosePort(0);
    assert.equal(choice.preferred, true);
    assert.ok(choice.port > 0);
  });
});
