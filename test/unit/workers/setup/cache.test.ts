import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cached, cacheFolder, execute, verifyDigest } from '../../../../workers/setup/cache.mjs';
import { setUp } from '../../../../workers/setup/setup.mjs';

/** No process has it: Linux ends at 4,194,304. */
const DEAD_PID = 2 ** 30;

describe('the cache', () => {
  const previous = process.env.ALPACA_CACHE;
  before(() => {
    process.env.ALPACA_CACHE = mkdtempSync(join(tmpdir(), 'alpaca-cache-'));
  });
  after(() => {
    if (previous === undefined) delete process.env.ALPACA_CACHE;
    else process.env.ALPACA_CACHE = previous;
  });

  it('is where ALPACA_CACHE says, else in the XDG cache folder, else in ~/.cache', () => {
    assert.equal(cacheFolder({ ALPACA_CACHE: '/c', XDG_CACHE_HOME: '/x' }), '/c');
    assert.equal(cacheFolder({ XDG_CACHE_HOME: '/x' }), '/x/alpaca-temporal');
    assert.match(cacheFolder({}), /\/\.cache\/alpaca-temporal$/);
  });

  it('builds a part once, also for two that ask at once', async () => {
    let builds = 0;
    const build = async (folder: string) => {
      builds += 1;
      await writeFile(join(folder, 'program'), 'x');
    };
    const [first, second] = await Promise.all([cached('part', build), cached('part', build)]);
    assert.equal(builds, 1);
    assert.equal(first, second);
    assert.equal(await readFile(join(first, 'program'), 'utf8'), 'x');
  });

  it('leaves nothing of a build that failed, and builds it anew', async () => {
    await assert.rejects(
      cached('broken', async (folder: string) => {
        await writeFile(join(folder, 'half'), 'x');
        throw new Error('cut off');
      }),
      /cut off/,
    );
    assert.deepEqual(
      (await readdir(cacheFolder())).filter((name) => name.startsWith('broken')),
      [],
    );
    const folder = await cached('broken', (path: string) => writeFile(join(path, 'whole'), 'x'));
    assert.deepEqual(await readdir(folder), ['whole']);
  });

  it('does not wait for the lock of a dead process', async () => {
    writeFileSync(join(cacheFolder(), 'locked.lock'), String(DEAD_PID));
    const folder = await cached('locked', (path: string) => writeFile(join(path, 'f'), ''));
    assert.deepEqual(await readdir(folder), ['f']);
  });

  it('names a full disk and the way out', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    await assert.rejects(
      cached('full', () => Promise.reject(full)),
      /The disk is full: .*full was not written\. .*ALPACA_CACHE/,
    );
  });

  const noProc = process.platform === 'linux' ? false : 'this system has no /proc, which takes no folder';
  it('ends where a folder that is there takes none', { skip: noProc }, async () => {
    const previous = process.env.ALPACA_CACHE;
    process.env.ALPACA_CACHE = '/proc/.cache/alpaca-temporal';
    try {
      await assert.rejects(
        cached('part', async () => {}),
        {
          name: 'SetupError',
          message: '/proc/.cache/alpaca-temporal cannot be written. Set ALPACA_CACHE to a folder that can.',
        },
      );
    } finally {
      process.env.ALPACA_CACHE = previous;
    }
  });

  it('says once, for all parts, that it can be no folder', async () => {
    const previous = process.env.ALPACA_CACHE;
    process.env.ALPACA_CACHE = '/dev/null/x';
    try {
      await assert.rejects(setUp(['tensorflow', 'tensorflow'], { print() {} }), {
        name: 'SetupError',
        message: '/dev/null/x is beneath a file, or is one. Set ALPACA_CACHE to a folder, or unset it.',
      });
    } finally {
      process.env.ALPACA_CACHE = previous;
    }
  });
});

describe('a download', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'alpaca-digest-')), 'file');
  before(() => writeFile(path, 'abc'));
  // FIPS 180-2, appendix B.1.
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

  it('is used when its digest is the pinned one', async () => {
    await verifyDigest(path, 'sha256', 'hex', sha256);
  });

  it('is refused when it is not', async () => {
    await assert.rejects(
      verifyDigest(path, 'sha256', 'hex', sha256.replace('b', 'c')),
      /has the sha256 digest ba7816bf.*, but ca7816bf.* is pinned/,
    );
  });
});

describe('a command of the set-up', () => {
  it('gives its output', async () => {
    assert.equal(await execute(process.execPath, ['-p', '6*7']), '42\n');
  });

  it('fails with its exit code and last lines', async () => {
    await assert.rejects(
      execute(process.execPath, ['-e', 'console.error("no such thing"); process.exit(3)']),
      /exit code 3: no such thing/,
    );
  });

  it('is said not to be installed where it is not', async () => {
    await assert.rejects(execute('a-program-that-nobody-has', []), /^SetupError: not installed$/);
  });

  it('is ended after its time', async () => {
    await assert.rejects(
      execute(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 200 }),
      /ended by SIGKILL after 0\.2 s/,
    );
  });
});
