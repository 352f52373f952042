import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withoutKeys } from '../../../../activities/process/child-environment.ts';

describe('the environment of a process that asks nobody', () => {
  const env = {
    PATH: '/bin',
    OPENAI_API_KEY: 'canary',
    OPENAI_MODEL: 'some',
    HF_TOKEN: 'canary',
    DB_PASSWORD: 'canary',
    AWS_SECRET_ACCESS_KEY: 'canary',
    'npm_config_//registry/:_authToken': 'canary',
    MINE: 'canary',
    TEMPORAL_API_KEY: 'for Temporal',
  };

  it('has no key, token or password', () => {
    assert.deepEqual(withoutKeys({ ...env, MINE: undefined }), {
      ...{ PATH: '/bin', OPENAI_MODEL: 'some', MINE: undefined },
    });
  });

  it('lacks what the file of profiles names, and keeps what the process is set by', () => {
    const ALPACA_TEACHERS = join(mkdtempSync(join(tmpdir(), 'alpaca-profiles-')), 'teachers.json');
    writeFileSync(ALPACA_TEACHERS, '{"mine":{"apiKeyVariable":"MINE","baseUrl":"http://x"}}');
    assert.deepEqual(withoutKeys({ ...env, ALPACA_TEACHERS }, /^TEMPORAL_/), {
      ...{ PATH: '/bin', OPENAI_MODEL: 'some', TEMPORAL_API_KEY: 'for Temporal', ALPACA_TEACHERS },
    });
  });
});
