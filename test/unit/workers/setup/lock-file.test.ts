import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { completePackages, withoutDigest } from '../../../../workers/setup/complete-lock.mjs';

describe('the lock file', () => {
  it('has the packages of every platform, so that `npm ci` takes it everywhere', async () => {
    const lock = JSON.parse(
      await readFile(new URL('../../../../package-lock.json', import.meta.url), 'utf8'),
    );
    assert.deepEqual(completePackages(lock.packages).added, []);
  });

  it('has the digest of every package’s file: npm takes no other', async () => {
    const lock = JSON.parse(
      await readFile(new URL('../../../../package-lock.json', import.meta.url), 'utf8'),
    );
    assert.deepEqual([...withoutDigest(lock.packages).values()], []);
    const none = {
      ...{ '': {}, 'clients/typescript': { version: '0.1.0' }, 'node_modules/own': { link: true } },
      'node_modules/a/node_modules/@b/c': { version: '1.2.3' },
    };
    assert.deepEqual([...withoutDigest(none)], [['node_modules/a/node_modules/@b/c', '@b/c@1.2.3']]);
  });

  it('names no registry', async () => {
    const text = await readFile(new URL('../../../../package-lock.json', import.meta.url), 'utf8');
    assert.doesNotMatch(text, /"resolved": (?!"clients\/)/);
  });
});

describe('completing a lock file', () => {
  it('adds what a package asks for on other platforms, at the exact version', () => {
    const { packages, added } = completePackages({
      'node_modules/tool': {
        version: '1.2.3',
        dev: true,
        license: 'MIT',
        optionalDependencies: { '@tool/cli-darwin-arm64': '1.2.3', '@tool/cli-linux-x64-musl': '1.2.3' },
      },
      'node_modules/@tool/cli-darwin-arm64': { version: '1.2.3' },
    });
    assert.deepEqual(added, ['node_modules/@tool/cli-linux-x64-musl']);
    assert.deepEqual(JSON.parse(JSON.stringify(packages['node_modules/@tool/cli-linux-x64-musl'])), {
      version: '1.2.3',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      license: 'MIT',
      optional: true,
      os: ['linux'],
    });
  });
});
