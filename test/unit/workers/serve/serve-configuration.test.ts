import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readServeAccess, readServeConfiguration } from '../../../../workers/serve/serve-configuration.ts';

describe('where a GPU worker serves trained models', () => {
  it('is nowhere unless a port is named', () => {
    assert.equal(readServeConfiguration({}), null);
    assert.equal(readServeConfiguration({ ALPACA_SERVE_PORT: '', ALPACA_SERVE_TOKEN: '' }), null);
  });

  it('is on loopback, without a token, unless said otherwise', () => {
    assert.deepEqual(readServeConfiguration({ ALPACA_SERVE_PORT: '0' }), {
      host: '127.0.0.1',
      port: 0,
      ...{ token: null, trustedProxies: null, webUrl: null },
    });
    assert.deepEqual(
      readServeConfiguration({
        ALPACA_SERVE_PORT: '8289',
        ALPACA_SERVE_HOST: '0.0.0.0',
        ALPACA_SERVE_TOKEN: 'sixteen-letters!',
        ALPACA_WEB_URL: 'https://runs.example.com/',
      }),
      {
        ...{ host: '0.0.0.0', port: 8289, token: 'sixteen-letters!', trustedProxies: null },
        webUrl: 'https://runs.example.com',
      },
    );
  });

  it('has a token that cannot be guessed, or none', () => {
    const short = { ALPACA_SERVE_PORT: '0', ALPACA_SERVE_TOKEN: 'x' };
    const refused = {
      code: 'Configuration',
      message: /ALPACA_SERVE_TOKEN is wrong: a token has at least 16/,
    };
    assert.throws(() => readServeConfiguration(short), refused);
    assert.throws(() => readServeAccess(short), refused);
    assert.equal(readServeAccess({ ALPACA_SERVE_TOKEN: '' }).token, null);
    assert.equal(readServeAccess({ ALPACA_SERVE_TOKEN: 'sixteen-letters!' }).token, 'sixteen-letters!');
  });

  it('believes proxies that are named, and takes none without a token', () => {
    const proxies = { ALPACA_SERVE_PORT: '0', ALPACA_SERVE_PROXIES: '127.0.0.1, 10.0.0.0/8' };
    const refused = {
      code: 'Configuration',
      message: /^ALPACA_SERVE_PROXIES names proxies, .* has no token\./,
    };
    assert.throws(() => readServeConfiguration(proxies), refused);
    assert.throws(() => readServeAccess(proxies), refused);
    const known = { ...proxies, ALPACA_SERVE_TOKEN: 'sixteen-letters!' };
    assert.equal(readServeConfiguration(known)?.trustedProxies, '127.0.0.1, 10.0.0.0/8');
    assert.throws(() => readServeAccess({ ALPACA_SERVE_PROXIES: 'proxy' }), /ALPACA_SERVE_PROXIES is wrong/);
  });

  it('names a variable that is wrong', () => {
    for (const port of ['x', '-1', '65536'])
      assert.throws(() => readServeConfiguration({ ALPACA_SERVE_PORT: port }), {
        code: 'Configuration',
        message: /ALPACA_SERVE_PORT is wrong: a port is a whole number from 0 to 65535/,
      });
  });
});
