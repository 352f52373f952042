import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findNode, runsTypeScript } from '../../../../workers/setup/node.mjs';

describe('the Node that TypeScript runs under', () => {
  it('is one that strips types without a flag', () => {
    const versions = [
      '18.20.4',
      '20.19.0',
      '22.17.1',
      '22.18.0',
      '22.21.0',
      '23.5.0',
      '23.6.0',
      '24.0.0',
      '26.1.0',
    ];
    assert.deepEqual(versions.filter(runsTypeScript), ['22.18.0', '22.21.0', '23.6.0', '24.0.0', '26.1.0']);
  });

  it('is the current one where that will do', async () => {
    const found = await findNode({ version: '24.1.0', execPath: '/usr/bin/node24', platform: 'linux-x64' });
    assert.deepEqual(found, { path: '/usr/bin/node24', version: '24.1.0', from: 'this one' });
  });

  it('is asked for by name where npm has none for the platform', async () => {
    await assert.rejects(
      findNode({ version: '20.19.0', platform: 'sunos-x64' }),
      /Node 20\.19\.0 cannot run TypeScript, and npm has no Node package for sunos-x64\. Install Node 24/,
    );
  });
});
