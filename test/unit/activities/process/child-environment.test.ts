import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutSecrets } from '../../../../activities/process/child-environment.ts';

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
    assert.deepEqual(withoutSecrets({ ...env, MINE: undefined }), {
      ...{ PATH: '/bin', OPENAI_MODEL: 'some', MINE: undefined },
    });
  });

  it('lacks what a file of profiles names, and keeps what the process is set by', () => {
    const named = '{"mine":{"apiKeyVariable":"MINE","baseUrl":"http://x"}}';
    assert.deepEqual(withoutSecrets(env, { named, kept: /^TEMPORAL_/ }), {
      ...{ PATH: '/bin', OPENAI_MODEL: 'some', TEMPORAL_API_KEY: 'for Temporal' },
    });
  });
});
