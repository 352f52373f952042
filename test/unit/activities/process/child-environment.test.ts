import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withoutSecretVariables } from '../../../../activities/process/child-environment.ts';
import { ChildProcess } from '../../../../activities/process/child-process.ts';

describe('the environment of a process that asks nobody', () => {
  const env = {
    PATH: '/bin',
    OPENAI_API_KEY: 'canary',
    OPENAI_MODEL: 'some',
    HF_TOKEN: 'canary',
    DB_PASSWORD: 'canary',
    HTTPS_PROXY: 'http://me:canary@proxy:3128',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=canary',
    AWS_SECRET_ACCESS_KEY: 'canary',
    'npm_config_//registry/:_authToken': 'canary',
    MINE: 'canary',
    TEMPORAL_API_KEY: 'for Temporal',
  };

  it('has no key, token or password', () => {
    assert.deepEqual(withoutSecretVariables({ ...env, MINE: undefined }), {
      ...{ PATH: '/bin', OPENAI_MODEL: 'some', MINE: undefined },
    });
  });

  it('lacks what the file of profiles names, and keeps what the process is set by', () => {
    const ALPACA_TEACHERS = join(mkdtempSync(join(tmpdir(), 'alpaca-profiles-')), 'teachers.json');
    writeFileSync(ALPACA_TEACHERS, '{"mine":{"apiKeyVariable":"MINE","baseUrl":"http://x"}}');
    assert.deepEqual(withoutSecretVariables({ ...env, ALPACA_TEACHERS }, /^TEMPORAL_/), {
      ...{ PATH: '/bin', OPENAI_MODEL: 'some', TEMPORAL_API_KEY: 'for Temporal', ALPACA_TEACHERS },
    });
  });

  it('is what a child process gets', async (test) => {
    process.env.CANARY_KEY = 'canary';
    test.after(() => delete process.env.CANARY_KEY);
    const attempt = { signal: new AbortController().signal, report() {} };
    const entry = new URL('./variables-child.ts', import.meta.url);
    const child = new ChildProcess<null, string[]>(entry, attempt);
    test.after(() => child.close());
    const variables = await child.ask(null);
    assert.ok(variables.includes('PATH'));
    assert.ok(!variables.includes('CANARY_KEY'));
  });
});
