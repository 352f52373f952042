import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readWebConfiguration } from '../../../../workers/web/web-configuration.ts';

describe('readWebConfiguration', () => {
  it('is loopback on 8288 by default, without a token', () => {
    assert.deepEqual(readWebConfiguration({}), {
      host: '127.0.0.1',
      port: 8288,
      ...{ token: null, ratersToken: null, trustedProxies: null },
      temporalUiUrl: null,
      chatUrl: null,
    });
  });

  it('refuses to be reached by others without a token', () => {
    assert.throws(() => readWebConfiguration({ ALPACA_WEB_HOST: '0.0.0.0' }), {
      code: 'Configuration',
      message: /has no token\. Set ALPACA_WEB_TOKEN/,
    });
    const { token } = readWebConfiguration({
      ALPACA_WEB_HOST: '0.0.0.0',
      ALPACA_WEB_TOKEN: 'sixteen-letters!',
    });
    assert.equal(token, 'sixteen-letters!');
  });

  it('refuses proxies without a token', () => {
    const proxies = { ALPACA_WEB_PROXIES: '127.0.0.1' };
    assert.throws(() => readWebConfiguration(proxies), {
      code: 'Configuration',
      message: /through which others can reach the web service, and it has no token/,
    });
    const { trustedProxies } = readWebConfiguration({ ...proxies, ALPACA_WEB_TOKEN: 'sixteen-letters!' });
    assert.equal(trustedProxies, '127.0.0.1');
  });

  it('refuses raters the operator’s token', () => {
    const same = 'sixteen-letters!';
    assert.throws(() => readWebConfiguration({ ALPACA_WEB_TOKEN: same, ALPACA_RATERS_TOKEN: same }), {
      code: 'Configuration',
      message: /with the other one they see whose answer is whose/,
    });
    const { token, ratersToken } = readWebConfiguration({ ALPACA_RATERS_TOKEN: same });
    assert.deepEqual([token, ratersToken], [null, same]);
    assert.throws(() => readWebConfiguration({ ALPACA_RATERS_TOKEN: 'short' }), /at least 16 characters/);
  });

  it('names the variable that is wrong', () => {
    for (const port of ['http', '99999', '-1', '80.5', '0x50'])
      assert.throws(() => readWebConfiguration({ ALPACA_WEB_PORT: port }), {
        code: 'Configuration',
        message:
          'The environment variable ALPACA_WEB_PORT is wrong: a port is a whole number from 0 to 65535. Mend or unset it.',
      });
    assert.throws(() => readWebConfiguration({ ALPACA_WEB_TOKEN: 'short' }), /at least 16 characters/);
    assert.throws(
      () => readWebConfiguration({ ALPACA_TEMPORAL_UI_URL: 'javascript:alert(1)' }),
      /ALPACA_TEMPORAL_UI_URL is wrong/,
    );
  });

  it('takes port 0 as any that is free', () => {
    assert.equal(readWebConfiguration({ ALPACA_WEB_PORT: '0' }).port, 0);
  });

  it('takes an empty variable as unset', () => {
    assert.equal(readWebConfiguration({ ALPACA_WEB_PORT: '', ALPACA_WEB_TOKEN: '' }).port, 8288);
  });
});
