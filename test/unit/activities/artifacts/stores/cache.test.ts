import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid, ppid } from 'node:process';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ArtifactCache } from '../../../../../activities/artifacts/stores/cache.ts';
import { keepingOpened } from '../../../../../activities/artifacts/stores/opened.ts';

/** A file of a hundred bytes. */
function artifact(letter: string) {
  const content = letter.repeat(100);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { kind: 'data', sha256, name: 'rows', content };
}

describe('the cache of a store in a bucket', () => {
  let folder: string;
  let fetched: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-cache-'));
    fetched = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** As one more process has it. */
  const process = (mostBytes = 1000) => new ArtifactCache({ folder, mostBytes });
  const open = (cache: ArtifactCache, { content, ...what }: ReturnType<typeof artifact>, comes = content) =>
    cache.open(what, async (path) => {
      fetched.push(content.slice(0, 1));
      await writeFile(path, comes);
      return { bytes: 100 };
    });
  const kept = async () =>
    (await readdir(join(folder, 'artifacts', 'data'))).map((digest) =>
      ['a', 'b', 'c', 'd', 'e'].find((letter) => artifact(letter).sha256 === digest),
    );

  it('fetches a thing once, for all processes of the machine', async () => {
    const first = process();
    const paths = await Promise.all([open(first, artifact('a')), open(first, artifact('a'))]);
    assert.equal(paths[0], paths[1]);
    assert.equal(await readFile(await open(process(), artifact('a')), 'utf8'), artifact('a').content);
    assert.deepEqual(fetched, ['a']);
  });

  it('has what was made here', async () => {
    const maker = process();
    const { content, ...made } = artifact('a');
    const path = join(await maker.workspace('step'), 'rows');
    await writeFile(path, content);
    await maker.keep(made, path, 100);
    assert.equal(await readFile(await open(process(), artifact('a')), 'utf8'), content);
    assert.deepEqual([fetched, existsSync(path)], [[], false]);
  });

  it('believes nothing that a process before it left: what a crash tore is fetched again', async () => {
    await open(process(), artifact('a'));
    await writeFile(join(folder, 'artifacts', 'data', artifact('a').sha256, 'rows'), 'aaa');
    assert.equal(await readFile(await open(process(), artifact('a')), 'utf8'), artifact('a').content);
    assert.deepEqual(fetched, ['a', 'a']);
  });

  it('refuses what comes with another digest, and keeps nothing of it', async () => {
    await assert.rejects(open(process(), artifact('a'), 'something else'), { code: 'CorruptArtifact' });
    assert.equal(existsSync(join(folder, 'artifacts')), false);
  });

  it('keeps to its bound in bytes: what was not opened for longest goes', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    const aMinuteLater = () => test.mock.timers.tick(60_000);
    const reading = process(300);
    for (const letter of ['a', 'b', 'c']) await keepingOpened(() => open(reading, artifact(letter)));
    aMinuteLater();
    await keepingOpened(() => open(process(300), artifact('a')));
    aMinuteLater();
    await keepingOpened(() => open(process(300), artifact('d')));
    assert.deepEqual((await kept()).sort(), ['a', 'c', 'd']);
  });

  it('takes nothing away from an attempt that has it open, in this process or another', async () => {
    const reading = process(200);
    await keepingOpened(async () => {
      const a = await open(reading, artifact('a'));
      const other = process(200);
      await keepingOpened(async () => {
        const b = await open(other, artifact('b'));
        for (const letter of ['c', 'd', 'e']) await keepingOpened(() => open(process(200), artifact(letter)));
        assert.equal(await readFile(a, 'utf8'), artifact('a').content);
        assert.equal(await readFile(b, 'utf8'), artifact('b').content);
      });
    });
  });

  it('takes nothing away from what is open outside of an attempt', async () => {
    const command = process(100);
    const path = await open(command, artifact('a'));
    for (const letter of ['b', 'c']) await keepingOpened(() => open(command, artifact(letter)));
    assert.equal(await readFile(path, 'utf8'), artifact('a').content);
  });

  it('clears away what processes that ended had open: killed ones, and those of other machines after six hours', async () => {
    const use = async (name: string, hoursAgo = 0) => {
      const path = join(folder, 'use', name);
      await mkdir(join(path, 'work', 'fetch'), { recursive: true });
      const touched = new Date(Date.now() - hoursAgo * 3_600_000);
      await utimes(path, touched, touched);
      return path;
    };
    const alive = await process().workspace('step');
    const left = [
      await use(`${hostname()}.999999999.abc`),
      // As in a container, whose first process has the number 1 each time.
      await use(`${hostname()}.${pid}.abc`),
      await use('another-host.1.abc', 7),
    ];
    const parent = await use(`${hostname()}.${ppid}.abc`, 7);
    const elsewhere = await use('another-host.1.def', 5);
    await process().workspace('step');
    assert.deepEqual(
      left.map((path) => existsSync(path)),
      [false, false, false],
    );
    assert.deepEqual(
      [alive, parent, elsewhere].map((path) => existsSync(path)),
      [true, true, true],
    );
  });

  it('forgets what was deleted', async () => {
    const cache = process();
    await open(cache, artifact('a'));
    await cache.drop(artifact('a'));
    await open(cache, artifact('a'));
    assert.deepEqual(fetched, ['a', 'a']);
  });
});
