import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RunSummary } from '../../workers/runs/summary.ts';
import { alpaca } from './command.ts';

const HANGUL = /\p{Script=Hangul}/u;

/** A thousand rows in Korean by the offline teacher, from seed tasks to a release, and near-equal instructions in it. */
describe('alpaca run korean', () => {
  let state: string;
  let run: RunSummary;
  const done = async (...args: string[]) => {
    const { code, stdout, stderr } = await alpaca(state, args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-korean-'));
    const offline = ['generate.teacher=offline', 'evaluate.judge=offline', 'tokenize.template=builtin'];
    const short = ['train.epochs=1', 'evaluate.maxNewTokens=16'];
    run = JSON.parse(
      await done(
        ...['run', 'korean', '--keep', '--json', '--workflow-id', 'in-korean'],
        ...[...offline, ...short].flatMap((value) => ['--set', value]),
      ),
    );
  });
  after(async () => {
    await alpaca(state, ['down']);
    await rm(state, { recursive: true, force: true });
  });

  it('gives a thousand rows, a model and answers of it', () => {
    assert.equal(run.stopReason, 'target');
    assert.ok(run.rows >= 1000, `${run.rows} rows`);
    assert.ok(run.loss.after < run.loss.before, JSON.stringify(run.loss));
    const { instructions = 0, excluded = 0 } = run.evaluation?.pairwise ?? {};
    assert.equal(instructions + excluded, 62);
  });

  it('gives a report and a release in Korean, and the steps done again from the store', async () => {
    const page = join(state, 'report.html');
    await done('report', 'in-korean', '--out', page);
    assert.match(await readFile(page, 'utf8'), HANGUL);
    const release = join(state, 'release');
    await done('release', 'in-korean', '--out', release);
    const rows: { instruction: string }[] = JSON.parse(
      await readFile(join(release, 'alpaca_data.json'), 'utf8'),
    );
    // One in a hundred is a fault that the offline teacher plants in English.
    const korean = rows.filter(({ instruction }) => HANGUL.test(instruction));
    assert.ok(korean.length >= 0.98 * rows.length, `${korean.length} of ${rows.length}`);
    assert.match(await readFile(join(release, 'README.md'), 'utf8'), /language:\n- ko\n/);
    await done('reproduce', release, '--store', join(state, 'store'));
  });

  it('finds instructions that differ from another in a space or a particle alone', async () => {
    const rows: { instruction: string; input: string; output: string }[] = JSON.parse(
      await readFile(join(state, 'release', 'alpaca_data.json'), 'utf8'),
    );
    const long = rows.filter(({ instruction }) => instruction.length > 30 && instruction.includes('를 '));
    const [first, second] = [long[0], long.at(-1)];
    assert.ok(first && second && first !== second);
    const planted = [
      { ...first, instruction: first.instruction.replace('를 ', '를') },
      { ...second, instruction: second.instruction.replace('를 ', '는 ') },
    ];
    const [file, kept] = [join(state, 'planted.json'), join(state, 'kept.jsonl')];
    await writeFile(file, JSON.stringify([...rows, ...planted]));
    await done('dedupe', file, '--out', kept, '--tokenization', 'syllable-pairs', '--mode', 'threshold');
    assert.equal((await readFile(kept, 'utf8')).trim().split('\n').length, rows.length);
  });
});
