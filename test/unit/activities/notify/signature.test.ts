import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { secretsOf } from '../../../../activities/notify/secrets.ts';
import { sign, verify } from '../../../../activities/notify/signature.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const [secret = Buffer.alloc(0)] = secretsOf('ops', { ALPACA_WEBHOOK_SECRET_OPS: SECRET });

describe('a signature', () => {
  it('is the one that Standard Webhooks gives', () => {
    const body = '{"test": 2432232314}';
    assert.deepEqual(
      sign({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body, at: new Date(1614265330_000) }, [secret]),
      {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
    );
  });

  it('is verified by the package standardwebhooks, whichever of two secrets a receiver has', () => {
    const body = JSON.stringify({ type: 'alpaca.run.done', text: '한국어' });
    const other = randomBytes(32);
    const headers = { ...sign({ id: 'a-1', body, at: new Date() }, [secret, other]) };
    for (const key of [SECRET, `whsec_${other.toString('base64')}`])
      assert.deepEqual(new Webhook(key).verify(body, headers), JSON.parse(body));
    assert.throws(() => new Webhook(SECRET).verify(`${body} `, headers));
  });

  it('of the package is verified here; one that is changed, old, or by another secret is not', () => {
    const now = new Date(1_700_000_000_000);
    const headers = {
      'webhook-id': 'a-1',
      'webhook-timestamp': '1700000000',
      'webhook-signature': `v1a,xyz v1,short ${new Webhook(SECRET).sign('a-1', now, '{}')}`,
    };
    const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
    assert.deepEqual(
      [
        verify(headers, '{}', [secret], later(299)),
        verify(headers, '{ }', [secret], now),
        verify(headers, '{}', [randomBytes(24)], now),
        verify(headers, '{}', [secret], later(-301)),
        verify({ ...headers, 'webhook-timestamp': '1e9' }, '{}', [secret], now),
        verify({ ...headers, 'webhook-id': undefined }, '{}', [secret], now),
      ],
      [
        null,
        'no signature is by the secret',
        'no signature is by the secret',
        'its timestamp is 300 s or more away',
        'its timestamp is 300 s or more away',
        'a header of webhook-id, webhook-timestamp and webhook-signature is missing',
      ],
    );
  });
});

describe('the secret of a webhook', () => {
  it('is in a variable, or in the file that one names: two while one takes the place of the other', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-secret-'));
    test.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'secret');
    await writeFile(file, `${SECRET}\nwhsec_${Buffer.alloc(24, 7).toString('base64')}\n`);
    assert.deepEqual(secretsOf('a_1', { ALPACA_WEBHOOK_SECRET_A_1_FILE: file }), [
      secret,
      Buffer.alloc(24, 7),
    ]);
  });

  it('that is not there, or is none, is told by its variable and without its value', () => {
    assert.throws(() => secretsOf('ops', {}), {
      code: 'Configuration',
      message:
        'There is no webhook secret "ops". Set ALPACA_WEBHOOK_SECRET_OPS, or ALPACA_WEBHOOK_SECRET_OPS_FILE, in the workers’ environment.',
    });
    for (const wrong of ['hunter2hunter2', 'whsec_c2hvcnQ=', `whsec_${'A'.repeat(100)}`])
      assert.throws(() => secretsOf('ops', { ALPACA_WEBHOOK_SECRET_OPS: wrong }), {
        message:
          'ALPACA_WEBHOOK_SECRET_OPS holds no secret of a webhook. It is "whsec_" and 24 to 64 random bytes in base64.',
      });
    assert.throws(() => secretsOf('ops', { ALPACA_WEBHOOK_SECRET_OPS_FILE: '/no/such/file' }), {
      message: /^The file that ALPACA_WEBHOOK_SECRET_OPS_FILE names cannot be read/,
    });
  });
});
