import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { type Resolve, readAllowedEndpoints } from '../../../../activities/notify/allowed.ts';
import { checkEndpoints, deliver, type NotifyDependencies } from '../../../../activities/notify/deliver.ts';
import type { Delivery, WebhookBody } from '../../../../workflows/contracts/run/events.ts';
import { notifySettings } from '../../../../workflows/contracts/run/notify.ts';
import { startReceiver } from './receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const { signal } = new AbortController();

const dependencies: NotifyDependencies = {
  allowed: readAllowedEndpoints('127.0.0.1 hooks.lan hooks.example.com', '127.0.0.0/8'),
  env: { ALPACA_WEBHOOK_SECRET_OPS: SECRET },
};

function delivery(url: string, changes: Partial<Delivery> = {}): Delivery {
  return {
    id: 'd3b0-7',
    run: { workflowId: 'my run/1', runId: 'r1', type: 'alpaca', namespace: 'default' },
    endpoint: { url, secretName: 'ops' },
    event: {
      ...{ event: 'failed', at: '2026-07-01T12:00:00.000Z', pause: null, failure: 'InvalidInput' },
      progress: { stage: 'train', stages: [], accepted: 5, target: 9, costUsd: 0.5, budgetUsd: null },
    },
    ...changes,
  };
}

describe('a delivery', () => {
  it('is a signed CloudEvent, the same body and id at every try', async (test) => {
    const { url, received } = await startReceiver(test, (response) => response.writeHead(204).end());
    for (let tries = 0; tries < 2; tries += 1)
      assert.equal(await deliver(delivery(`${url}?a=1`), dependencies, signal), 'delivered');
    const [first, second] = received;
    assert.ok(first && second);
    assert.equal(first.path, '/hook?a=1');
    assert.equal(first.headers['content-type'], 'application/cloudevents+json; charset=utf-8');
    assert.equal(first.headers['webhook-id'], 'd3b0-7');
    assert.deepEqual([second.headers['webhook-id'], second.body], ['d3b0-7', first.body]);
    const body = new Webhook(SECRET).verify(first.body, first.headers as Record<string, string>);
    assert.deepEqual(body, {
      specversion: '1.0',
      id: 'd3b0-7',
      source: '/namespaces/default/workflows/my%20run%2F1',
      type: 'alpaca.run.failed',
      subject: 'train',
      time: '2026-07-01T12:00:00.000Z',
      datacontenttype: 'application/json',
      data: {
        ...{ workflowId: 'my run/1', runId: 'r1', type: 'alpaca', namespace: 'default' },
        ...{ event: 'failed', pause: null, failure: 'InvalidInput' },
        progress: { stage: 'train', stages: [], accepted: 5, target: 9, costUsd: 0.5, budgetUsd: null },
      },
    } satisfies WebhookBody);
  });

  it('to an endpoint that answers 410 is the last one there', async (test) => {
    const { url } = await startReceiver(test, (response) => response.writeHead(410).end());
    assert.equal(await deliver(delivery(url), dependencies, signal), 'gone');
  });

  it('is tried again after 4xx, 5xx and a redirect, which is not followed', async (test) => {
    const elsewhere = await startReceiver(test, (response) => response.writeHead(204).end());
    for (const status of [301, 307, 308, 400, 401, 404, 429, 500, 503]) {
      const { url } = await startReceiver(test, (response) =>
        response.writeHead(status, { location: elsewhere.url }).end('a row: Name a river'),
      );
      const { host } = new URL(url);
      await assert.rejects(deliver(delivery(url), dependencies, signal), {
        code: 'NotDelivered',
        retryable: true,
        message: `The webhook ${host} did not take the event: it answered ${status}.`,
      });
    }
    assert.equal(elsewhere.received.length, 0);
  });

  it('has a bound where nobody answers, or a name is not found in time', async (test) => {
    const { url } = await startReceiver(test, () => {});
    const impatient = { ...dependencies, answerWithinMs: 50 };
    const late = /^The webhook \S+ did not take the event: no answer within 0\.05 s\.$/;
    await assert.rejects(deliver(delivery(url), impatient, signal), { code: 'NotDelivered', message: late });
    const never: Resolve = () => new Promise(() => {});
    await assert.rejects(deliver(delivery(url), { ...impatient, resolve: never }, signal), { message: late });
  });

  it('reads nothing of a body, which may never end', async (test) => {
    let written = 0;
    const { url } = await startReceiver(test, (response) => {
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
      };
      response.writeHead(200).on('drain', write);
      write();
    });
    assert.equal(await deliver(delivery(url), dependencies, signal), 'delivered');
    assert.ok(written < 64 << 20, `${written} bytes were taken`);
  });

  it('is tried again where nobody listens, and where host or secret are not there any more', async (test) => {
    const { url } = await startReceiver(test, (response) => response.writeHead(204).end());
    const nowhere = delivery('http://127.0.0.1:1/');
    await assert.rejects(deliver(nowhere, dependencies, signal), {
      message: 'The webhook 127.0.0.1:1 did not take the event: ECONNREFUSED.',
    });
    const changed: Partial<NotifyDependencies>[] = [{ env: {} }, { allowed: readAllowedEndpoints('', '') }];
    for (const change of changed)
      await assert.rejects(deliver(delivery(url), { ...dependencies, ...change }, signal), {
        code: 'NotDelivered',
        retryable: true,
      });
  });
});

describe('the name of an endpoint', () => {
  /** Answers with one address at a time, the last for ever. */
  const inTurn = (...addresses: string[]): { resolve: Resolve; asked: () => number } => {
    let asked = 0;
    const resolve: Resolve = async () => {
      const address = addresses[Math.min(asked, addresses.length - 1)] ?? '';
      asked += 1;
      return [{ address, family: 4 }];
    };
    return { resolve, asked: () => asked };
  };

  it('is looked up once a try, and what was looked at is connected to', async (test) => {
    const { url, received } = await startReceiver(test, (response) => response.writeHead(204).end());
    const { resolve, asked } = inTurn('127.0.0.1', '10.0.0.1');
    const named = delivery(url.replace('127.0.0.1', 'hooks.lan'));
    assert.equal(await deliver(named, { ...dependencies, resolve }, signal), 'delivered');
    assert.equal(asked(), 1);
    assert.match(received[0]?.headers.host ?? '', /^hooks\.lan:\d+$/);
  });

  it('that leads inside after the check at the start is not asked', async () => {
    const endpoints = notifySettings.parse([{ url: 'https://hooks.example.com/', secretName: 'ops' }]);
    const rebinding = { ...dependencies, resolve: inTurn('8.8.8.8', '169.254.169.254').resolve };
    await checkEndpoints(endpoints, rebinding);
    await assert.rejects(deliver(delivery('https://hooks.example.com/'), rebinding, signal), {
      code: 'NotDelivered',
      message:
        /^The webhook hooks\.example\.com did not take the event: .*\(169\.254\.169\.254\) is not of the internet/,
    });
  });
});

describe('the check at the start of a run', () => {
  it('refuses by name what is not allowed, and what cannot be signed', async () => {
    for (const [endpoint, said] of [
      [
        { url: 'https://evil.example.net/', secretName: 'ops' },
        /^The webhook evil\.example\.net is refused: the/,
      ],
      [{ url: 'https://127.0.0.1/' }, /^There is no webhook secret "default"\./],
    ] as const)
      await assert.rejects(checkEndpoints(notifySettings.parse([endpoint]), dependencies), {
        code: 'Configuration',
        message: said,
      });
  });

  it('looks names up side by side, waits for none that does not come, and refuses by the others', async () => {
    const endpoints = notifySettings.parse(
      Array.from({ length: 8 }, (_, index) => ({
        url: `https://hooks.example.com/${index}`,
        secretName: 'ops',
      })),
    );
    let asked = 0;
    const never: Resolve = () => {
      asked += 1;
      return new Promise(() => {});
    };
    const impatient = { ...dependencies, answerWithinMs: 50 };
    // Its own time does not keep a process.
    const alive = setInterval(() => {}, 1000);
    try {
      await checkEndpoints(endpoints, { ...impatient, resolve: never });
      assert.equal(asked, 8);
      const inside: Resolve = async (host) =>
        host === 'hooks.lan' ? [{ address: '10.0.0.1', family: 4 }] : never(host);
      const all = [...endpoints, ...notifySettings.parse([{ url: 'https://hooks.lan/', secretName: 'ops' }])];
      await assert.rejects(checkEndpoints(all.slice(1), { ...impatient, resolve: inside }), {
        message: /^The webhook hooks\.lan is refused: its address \(10\.0\.0\.1\)/,
      });
    } finally {
      clearInterval(alive);
    }
  });

  it('takes a name that is not found now', async () => {
    const endpoints = notifySettings.parse([{ url: 'https://hooks.example.com/', secretName: 'ops' }]);
    const resolve: Resolve = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    await checkEndpoints(endpoints, { ...dependencies, resolve });
  });
});
