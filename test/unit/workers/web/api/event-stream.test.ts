import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import type { FollowedRuns, RunEvent } from '../../../../../workers/runs/followed-runs.ts';
import { sendEvents } from '../../../../../workers/web/api/event-stream.ts';

/** More than the sockets between take for a follower who does not read. */
const LARGE = 'x'.repeat(32 << 20);

describe('the stream of a run’s events', () => {
  let app: FastifyInstance;
  let port: number;
  let mayFollow = true;
  let followers = 0;
  let tell: (event: RunEvent) => void = () => assert.fail();
  const followed: FollowedRuns = {
    async follow(_, options) {
      followers += 1;
      tell = options.tell;
      let isGone = false;
      const leave = () => {
        if (!isGone) followers -= 1;
        isGone = true;
      };
      return { leave, hasEnded: false };
    },
  };

  before(async () => {
    app = fastify({ forceCloseConnections: true });
    app.get('/events', (request, reply) =>
      sendEvents(followed, 'run', request, reply, {
        ...{ mayFollow: async () => mayFollow, wordEveryMs: 20, readWithinMs: 200 },
      }),
    );
    await app.listen({ host: '127.0.0.1', port: 0 });
    ({ port } = app.server.address() as AddressInfo);
  });
  after(() => app.close());

  const ask = (method = 'GET'): Socket => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`${method} /events HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    return socket;
  };
  const nobodyFollows = async () => {
    while (followers > 0) await sleep(5);
  };

  it('has its head at once, and a word now and then', async () => {
    const socket = ask().setEncoding('utf8');
    let text = '';
    socket.on('data', (part) => {
      text += part;
    });
    while (!text.includes(': here\n\n')) await once(socket, 'data');
    assert.match(text, /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/i);
    socket.destroy();
    await nobodyFollows();
  });

  it('has a head alone for who asks for no more, and no follower', async () => {
    const socket = ask('HEAD');
    const [head] = await once(socket, 'data');
    assert.match(String(head), /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(followers, 0);
    socket.destroy();
  });

  it('ends for who does not read its end, and the service goes on', async () => {
    const socket = ask();
    await once(socket, 'readable');
    tell({ id: '1-a-end', data: LARGE, isLast: true });
    assert.equal(followers, 0);
    const open = () =>
      new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)));
    while ((await open()) > 0) await sleep(20);
    socket.destroy();
  });

  it('ends once its token opens nothing any more', async () => {
    const socket = ask();
    await once(socket, 'readable');
    assert.equal(followers, 1);
    mayFollow = false;
    await nobodyFollows();
    mayFollow = true;
    socket.destroy();
  });
});
