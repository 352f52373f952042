import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../../../../bare-environment.ts';

const MAIN = fileURLToPath(new URL('../../../../../workers/command/main.ts', import.meta.url));

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alpaca-report-command-'));
  const rows = [
    { instruction: 'Write a poem about rain.', input: '', output: 'Drops.' },
    { instruction: 'Name a river.', input: '', output: '' },
  ];
  await writeFile(join(folder, 'rows.json'), JSON.stringify(rows));
  const similar = rows.map((row, at) => ({ ...row, most_similar_instructions: { other: at / 2 } }));
  await writeFile(join(folder, 'similar.jsonl'), similar.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
after(() => rm(folder, { recursive: true, force: true }));

function alpaca(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    ...BARE_ENVIRONMENT,
    ALPACA_STATE: join(folder, 'state'),
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

const at = (name: string) => join(folder, name);

describe('alpaca report', () => {
  it('writes the page of a data file and its charts, without a server', async () => {
    const png = at('charts');
    const { code, stdout } = await alpaca(
      ...['report', at('rows.json'), '--out', at('new/page.html'), '--png', png, '--json'],
    );
    assert.equal(code, 0);
    const result = JSON.parse(stdout);
    const page = await readFile(at('new/page.html'), 'utf8');
    assert.deepEqual(
      [result.path, result.bytes, result.rows, result.comparedRows],
      [at('new/page.html'), Buffer.byteLength(page), 2, null],
    );
    assert.match(page, /<title>write poem: 1<\/title>/);
    assert.match(page, /<h3>row 1: empty output<\/h3>/);
    assert.deepEqual(await readdir(png), [
      'classes.png',
      'instruction-words.png',
      'output-words.png',
      'verbs-and-nouns.png',
    ]);
  });

  it('shows likeness to the nearest where the file has it', async () => {
    await alpaca('report', at('similar.jsonl'), '--out', at('similar.html'));
    assert.match(
      await readFile(at('similar.html'), 'utf8'),
      /Likeness to the nearest instruction before it: mean 0\.25/,
    );
  });

  it('writes the page of a release folder', async () => {
    await alpaca('release', at('rows.json'), '--name', 'mine', '--out', at('release'));
    const { code } = await alpaca('report', at('release'), '--out', at('release.html'));
    assert.equal(code, 0);
    assert.match(await readFile(at('release.html'), 'utf8'), /<h1>mine<\/h1>/);
  });

  it('sets two side by side', async () => {
    const { stdout } = await alpaca(
      ...['report', at('rows.json'), '--compare', 'builtin', '--out', at('two.html'), '--json'],
    );
    assert.equal(JSON.parse(stdout).comparedRows, 175);
    const page = await readFile(at('two.html'), 'utf8');
    assert.match(page, /<h1>rows and seed-tasks<\/h1>/);
    assert.match(page, /<th scope="row">rows<\/th><td class="number">2<\/td><td class="number">175<\/td>/);
    assert.match(page, /<th scope="row">empty output<\/th><td class="number">1 \(50\.0%\)<\/td>/);
  });

  const refused: [string, () => string[], RegExp, number][] = [
    ['a file that is not there', () => ['none.json'], /There is no file or folder none\.json/, 1],
    ['a folder that is no release', () => [folder], /manifest\.json, so this folder is no release/, 2],
    [
      'a run without a server',
      () => ['my-run'],
      /no file or folder my-run\. The store .* has no record of a run my-run, and there is no answer/,
      1,
    ],
  ];
  for (const [what, named, message, exitCode] of refused)
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await alpaca('report', ...named(), '--out', at('none.html'));
      assert.equal(code, exitCode);
      assert.match(stderr, message);
    });

  it('refuses a folder as the page', async () => {
    const { code, stderr } = await alpaca('report', at('rows.json'), '--out', folder);
    assert.equal(code, 2);
    assert.match(stderr, /is a folder/);
  });
});
