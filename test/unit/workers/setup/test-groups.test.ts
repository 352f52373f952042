import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { groupsOfQuickTests, groupsOfTests } from '../../../../workers/setup/test-groups.mjs';

const PROCESS = "import { execFile } from 'node:child_process';\n";

describe('the processes of tests', () => {
  let tests: string;
  let folder: string;
  before(async () => {
    tests = await mkdtemp(join(tmpdir(), 'alpaca-groups-'));
    folder = join(tests, 'groups');
    await mkdir(folder);
    const quick = Array.from({ length: 41 }, (_, index) => [`quick-${10 + index}.test.ts`, '']);
    const sharing = Array.from({ length: 7 }, (_, index) => [
      `sharing-${index}.test.ts`,
      `${PROCESS}import { sharedHarness } from './shared-harness.ts';\n`,
    ]);
    const files = [...quick, ...sharing, ['alone.test.ts', PROCESS], ['shared-harness.ts', '']];
    for (const [name = '', text = ''] of files) await writeFile(join(tests, name), text);
  });
  after(() => rm(tests, { recursive: true, force: true }));

  it('are one for some dozens of quick files, one for some that share a server, and one for each other', () => {
    assert.deepEqual(
      groupsOfTests(tests, folder).map((path) => basename(path)),
      [
        ...['sharing-1.test.mjs', 'sharing-2.test.mjs'],
        'alone.test.ts',
        ...['quick-1.test.mjs', 'quick-2.test.mjs'],
      ],
    );
  });

  it('import every file once, neighbours in different ones', async () => {
    groupsOfTests(tests, folder);
    const at = (index: number) => pathToFileURL(join(tests, `sharing-${index}.test.ts`)).href;
    const importing = (indexes: number[]) =>
      indexes.map((index) => `await import('${at(index)}');\n`).join('');
    assert.equal(await readFile(join(folder, 'sharing-1.test.mjs'), 'utf8'), importing([0, 2, 4, 6]));
    assert.equal(await readFile(join(folder, 'sharing-2.test.mjs'), 'utf8'), importing([1, 3, 5]));
  });

  it('are of quick files alone where those are asked for', () => {
    assert.deepEqual(
      groupsOfQuickTests(tests, folder).map((path) => basename(path)),
      ['quick-1.test.mjs', 'quick-2.test.mjs'],
    );
  });
});
