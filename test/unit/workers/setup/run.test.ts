import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { environmentFor } from '../../../../workers/setup/launch.mjs';
import { cleanEnvironment } from '../../../../workers/setup/run.mjs';

describe('the environment of tests and benchmarks', () => {
  it('has no key, no server and no outer test runner', () => {
    assert.deepEqual(
      cleanEnvironment({
        PATH: '/bin',
        OPENAI_API_KEY: 'k',
        OPENAI_BASE_URL: 'u',
        TEMPORAL_ADDRESS: 'a',
        NODE_TEST_CONTEXT: 'child-v8',
        NODE_OPTIONS: '',
      }),
      { PATH: '/bin', NODE_OPTIONS: '' },
    );
  });

  it('names the Temporal CLI that set-up found', () => {
    const found = { node: '/node', temporal: '/cache/temporal' };
    assert.equal(environmentFor(found, {}).ALPACA_TEMPORAL_CLI, '/cache/temporal');
    assert.equal('ALPACA_TEMPORAL_CLI' in environmentFor({ node: '/node', temporal: null }, {}), false);
  });

  it('keeps compiled code beside the packages, or where a person keeps it', () => {
    const found = { node: '/node', temporal: null };
    assert.match(environmentFor(found, {}).NODE_COMPILE_CACHE, /\/node_modules\/\.cache\/compiled$/);
    assert.equal(environmentFor(found, { NODE_COMPILE_CACHE: '/own' }).NODE_COMPILE_CACHE, '/own');
  });
});
