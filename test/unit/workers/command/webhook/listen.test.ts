import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { readAllowedEndpoints } from '../../../../../activities/notify/allowed.ts';
import { deliver } from '../../../../../activities/notify/deliver.ts';
import { eventText } from '../../../../../workers/command/webhook/event-text.ts';
import { type Heard, listenForWebhooks } from '../../../../../workers/command/webhook/listener.ts';
import type { Delivery, RunEvent, WebhookBody } from '../../../../../workflows/contracts/run/events.ts';

const SECRET = Buffer.alloc(32, 1);
const RUN = { workflowId: 'my-run', runId: 'r1', type: 'alpaca', namespace: 'default' };

function event(changes: Partial<RunEvent> = {}): RunEvent {
  return {
    ...{ event: 'stage', at: '2026-07-01T12:00:05.000Z', pause: null, failure: null, ...changes },
    progress: { stage: 'generate', stages: [], accepted: 40, target: 100, costUsd: 1, budgetUsd: 10 },
  };
}

async function listening(test: TestContext, answer = 204): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  const place = { host: '127.0.0.1', port: 0, secrets: [SECRET], answer };
  const { url, close } = await listenForWebhooks(place, (one) => heard.push(one));
  test.after(close);
  return { url, heard };
}

function send(url: string, secret = SECRET): Promise<string> {
  const delivery: Delivery = {
    ...{ id: 'd-1', run: RUN, event: event() },
    endpoint: { url, secretName: 'default' },
  };
  const env = { ALPACA_WEBHOOK_SECRET_DEFAULT: `whsec_${secret.toString('base64')}` };
  const allowed = readAllowedEndpoints('127.0.0.1', '127.0.0.0/8');
  return deliver(delivery, { allowed, env }, new AbortController().signal);
}

describe('alpaca webhook listen', () => {
  it('takes what a worker delivers, and says what came again', async (test) => {
    const { url, heard } = await listening(test);
    for (const _ of [1, 2]) assert.equal(await send(url), 'delivered');
    assert.deepEqual(
      heard.map(({ refused, again, event: body }) => [refused, again, body?.data.event]),
      [
        [null, false, 'stage'],
        [null, true, 'stage'],
      ],
    );
  });

  it('refuses what another secret has signed, nobody has, or is large', async (test) => {
    const { url, heard } = await listening(test);
    await assert.rejects(send(url, Buffer.alloc(32, 2)), { message: /it answered 401\.$/ });
    assert.equal((await fetch(url, { method: 'POST', body: '{}' })).status, 401);
    const large = await fetch(url, { method: 'POST', body: 'x'.repeat(2 << 20) }).catch(() => null);
    assert.ok(large === null || large.status === 413);
    assert.deepEqual(
      heard.map(({ refused, event: body }) => [refused, body]),
      [
        ['no signature is by the secret', null],
        ['a header of webhook-id, webhook-timestamp and webhook-signature is missing', null],
      ],
    );
  });

  it('answers as it is told, so that tries can be seen', async (test) => {
    const { url, heard } = await listening(test, 503);
    for (const _ of [1, 2]) await assert.rejects(send(url), { message: /it answered 503\.$/ });
    assert.deepEqual(
      heard.map(({ again }) => again),
      [false, false],
    );
  });

  it('prints a line of each', () => {
    const lineOf = (changes: Partial<RunEvent>) => {
      const { at, ...told } = event(changes);
      const body: WebhookBody = {
        ...{ specversion: '1.0', id: 'd-1', source: '/', type: 'alpaca.run.x', subject: 'x', time: at },
        ...{ datacontenttype: 'application/json', data: { ...RUN, ...told } },
      };
      return eventText(body);
    };
    const pause = { kind: 'person', reason: 'by request' } as const;
    assert.deepEqual(
      [
        lineOf({}),
        lineOf({ event: 'paused', pause }),
        lineOf({ event: 'budget' }),
        lineOf({ event: 'done' }),
        lineOf({ event: 'failed', failure: 'InvalidInput' }),
        lineOf({ event: 'cancelled' }),
      ],
      [
        'generate has finished',
        'waits: by request',
        '80% of 10.00 USD are spent',
        'is done',
        'has failed: InvalidInput',
        'was cancelled',
      ].map((what) => `12:00:05 my-run: ${what}; 40 rows, 1.00 USD`),
    );
  });
});
