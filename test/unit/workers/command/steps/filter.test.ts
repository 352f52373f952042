import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../../workers/command/main.ts', import.meta.url));

const RIVER = '{"instruction":"Name a river in Asia.","input":"","output":"Mekong"}';
const WRONG = '{"instruction":"Add 2 and 2.","input":"","output":"2 + 2 = 5"}';
const PLANTED = '{"instruction":"Which gas do plants take in?","input":"","output":"Carbon dioxide"}';

let folder: string;
let input: string;
let out: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alpaca-filter-command-'));
  input = join(folder, 'in.jsonl');
  out = join(folder, 'kept.jsonl');
  await writeFile(input, `${[WRONG, RIVER, PLANTED].join('\n')}\n`);
});
after(() => rm(folder, { recursive: true, force: true }));

function filter(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ALPACA_STATE: join(folder, 'state') };
    execFile(process.execPath, [MAIN, 'filter', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('alpaca filter', () => {
  it('writes the kept and the dropped rows, and says how many each rule dropped', async () => {
    const [dropped, benchmark] = [join(folder, 'dropped.jsonl'), join(folder, 'bench.jsonl')];
    await writeFile(benchmark, '{"question":"Which gas do plants take in?"}\n');
    const { code, stdout } = await filter(input, '--out', out, '--dropped', dropped, '--against', benchmark);
    assert.deepEqual(
      [code, stdout],
      [0, `1 of 3 rows kept in ${out}; 2 dropped: 1 arithmetic, 1 same-text\n`],
    );
    assert.equal(await readFile(out, 'utf8'), `${RIVER}\n`);
    const rows = (await readFile(dropped, 'utf8')).trimEnd().split('\n');
    assert.deepEqual(
      rows.map((row) => JSON.parse(row).verdict.rule),
      ['arithmetic', 'same-text'],
    );
  });

  it('looks by the rules that are named, or by none', async () => {
    const { stdout } = await filter(input, '--out', out, '--rules', 'code,echo', '--json');
    assert.deepEqual(JSON.parse(stdout).droppedBy, { code: 0, echo: 0 });
    const none = await filter(input, '--out', out, '--rules', 'none', '--json');
    assert.deepEqual(JSON.parse(none.stdout).droppedBy, {});
  });

  it('refuses rules that there are none of, and ways to hold rows against no files', async () => {
    const unknown = await filter(input, '--out', out, '--rules', 'cod');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /rules\.0 is "cod": expected "json" or "code"/);
    const ways = await filter(input, '--out', out, '--words', '8');
    assert.equal(ways.code, 2);
    assert.match(ways.stderr, /Rows are held against no files\. Name some: --against FILE/);
    const words = await filter(input, '--out', out, '--against', 'builtin', '--words', 'many');
    assert.match(words.stderr, /decontaminate\.words is "many": expected a number/);
  });

  it('has rows graded by a teacher, and shows each grade with its reason', async () => {
    const RIGHT = '{"instruction":"Is 8 even or odd?","input":"","output":"Blue"}';
    const graded = join(folder, 'graded.jsonl');
    const rows = join(folder, 'to-grade.jsonl');
    await writeFile(rows, `${RIGHT}\n${RIVER}\n`);
    const { code, stdout, stderr } = await filter(
      ...[rows, '--out', out, '--graded', graded, '--grade-judge', 'offline', '--rules', 'none'],
    );
    assert.deepEqual([code, stdout.split('\n').length], [0, 3], stderr);
    assert.match(stdout, /\ngraded by offline: /);
    const lines = (await readFile(graded, 'utf8')).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => Object.keys(JSON.parse(line).graded)),
      [
        ['judge', 'grade', 'reason'],
        ['judge', 'grade', 'reason'],
      ],
    );
  });

  it('refuses grades by nobody, by a stranger, and by a second judge that is the first', async () => {
    const nobody = await filter(input, '--out', out, '--grade-least', '4');
    assert.match(nobody.stderr, /--grade-judge NAME/);
    const stranger = await filter(input, '--out', out, '--grade-judge', 'nobody');
    assert.match(stranger.stderr, /There is no teacher nobody/);
    const self = await filter(input, '--out', out, '--grade-judge', 'offline', '--grade-second', 'offline');
    assert.match(self.stderr, /asks the same model as "offline"/);
    const grade = await filter(input, '--out', out, '--grade-judge', 'offline', '--grade-least', '6');
    assert.match(grade.stderr, /grade\.least/);
    assert.deepEqual(
      [nobody, stranger, self, grade].map(({ code }) => code),
      [2, 2, 1, 2],
    );
  });
});
