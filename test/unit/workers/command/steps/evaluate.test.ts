import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BARE_ENVIRONMENT } from '../../../../bare-environment.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { chatReply, startScriptedTeacher } from '../../../activities/teacher/scripted-teacher.ts';

const MAIN = fileURLToPath(new URL('../../../../../workers/command/main.ts', import.meta.url));

describe('alpaca evaluate and alpaca winrate', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-evaluate-command-'));
    await write('questions.jsonl', [
      { instruction: 'Name a colour.', instances: [{ input: '', output: 'Red' }], motivation_app: 'Art' },
      { instruction: 'Name an animal.', instances: [{ input: '', output: 'Cat' }], motivation_app: 'Zoo' },
    ]);
    await write('a.jsonl', answers('A', ['Red', 'Cat']));
    await write('b.jsonl', answers('B', ['Red', 'Dog']));
    await write('training.jsonl', [{ instruction: 'Name an animal!', input: '', output: 'Cow' }]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const answers = (generator: string, [colour, animal]: [string, string]) => [
    { instruction: 'Name a colour.', output: colour, generator },
    { instruction: 'Name an animal.', output: animal, generator },
  ];
  const write = (name: string, rows: object[]) =>
    writeFile(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const alpaca = (...args: string[]) => alpacaWith({}, ...args);
  const alpacaWith = (variables: Record<string, string>, ...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = {
        ...BARE_ENVIRONMENT,
        ALPACA_STATE: join(folder, 'state'),
        TEMPORAL_ADDRESS: '127.0.0.1:1',
        ...variables,
      };
      execFile(process.execPath, [MAIN, ...args], { cwd: folder, env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
  const comparison = ['evaluate', '--a', 'a.jsonl', '--b', 'b.jsonl', '--instructions', 'questions.jsonl'];

  it('compares files of answers and a teacher, and winrate says the same of the annotations', async () => {
    const { code, stdout, stderr } = await alpaca(
      ...[...comparison, '--with', 'teacher:offline', '--out', 'out', '--json'],
    );
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout);
    assert.equal(result.instructions, 2);
    assert.deepEqual(
      result.candidates.map((candidate: { name: string; rougeL: { mean: number } }) => [
        candidate.name,
        candidate.rougeL.mean,
      ]),
      [
        ['A', 1],
        ['B', 0.5],
        ['offline', 0],
      ],
    );
    assert.deepEqual(
      result.categories.map(({ category }: { category: string }) => category),
      ['Art', 'Zoo'],
    );
    const again = await alpaca('winrate', join('out', 'annotations.json'), '--json');
    const { n, wins, losses, ties, winRate, standardError, interval } = JSON.parse(again.stdout);
    assert.deepEqual(
      { instructions: n, wins, losses, ties, winRate, standardError, interval },
      {
        instructions: 2,
        wins: result.wins,
        losses: result.losses,
        ties: result.ties,
        winRate: result.winRate,
        standardError: result.standardError,
        interval: result.interval,
      },
    );
    const written = JSON.parse(await readFile(join(folder, 'out', 'model_outputs_c.json'), 'utf8'));
    assert.deepEqual(
      written.map(({ generator }: { generator: string }) => generator),
      ['offline', 'offline'],
    );
  });

  it('leaves out what training has seen, and says so', async () => {
    const { stdout, stderr } = await alpaca(
      ...[...comparison, '--training-rows', 'training.jsonl', '--out', 'unseen'],
    );
    assert.match(`${stdout}${stderr}`, /1 instructions left out: training has seen them/);
  });

  it('refuses a length-controlled rate without its side files, and names the one it needs', async () => {
    await writeFile(
      join(folder, 'annotations.json'),
      JSON.stringify([{ output_1: 'x', output_2: 'y', generator_1: 'b', generator_2: 'm', preference: 2 }]),
    );
    const { code, stderr } = await alpaca('winrate', 'annotations.json', '--length-controlled');
    assert.equal(code, 1);
    assert.match(stderr, /length_controlled_v1 needs .*df_gamed\.csv\. Give its path with --gamed-baselines/);
  });

  it('fails where the judge’s tokens all go into thinking, after one asking for each order', async (test) => {
    const thinking = chatReply('', 'length', null, { prompt_tokens: 90, completion_tokens: 64 });
    const teacher = disposedAfter(test, await startScriptedTeacher(() => thinking));
    const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 10 };
    const teachers = join(folder, 'teachers.json');
    await writeFile(teachers, JSON.stringify({ thinker: { baseUrl: teacher.baseUrl, model: 'm', price } }));
    const { code, stdout, stderr } = await alpacaWith(
      { ALPACA_TEACHERS: teachers },
      ...[...comparison, '--judge', 'thinker', '--budget', '1', '--yes', '--out', 'thought'],
    );
    assert.deepEqual([code, stdout, teacher.calls.length], [1, '', 2]);
    assert.match(
      stderr,
      /gave no verdict in 2 replies: 2 of them were cut at the limit of 64 tokens\. Raise verdictTokens/,
    );
  });

  it('makes no win rate of a file without a judged pair', async () => {
    const rows = [{ output_1: 'x', output_2: 'y', generator_1: 'b', generator_2: 'm', preference: null }];
    for (const [name, content] of [
      ['unjudged.json', rows],
      ['empty.json', []],
    ] as const) {
      await writeFile(join(folder, name), JSON.stringify(content));
      const { code, stdout } = await alpaca('winrate', name);
      assert.deepEqual([code, stdout.trim()], [0, 'no win rate: the file has no pair that was judged']);
    }
    const { stdout } = await alpaca('winrate', 'unjudged.json', '--json');
    const { n, winRate, interval } = JSON.parse(stdout);
    assert.deepEqual([n, winRate, interval], [0, null, null]);
    const controlled = await alpaca(
      'winrate',
      'unjudged.json',
      '--length-controlled',
      'length_controlled_minimal',
    );
    assert.equal(controlled.code, 1);
  });

  it('says what is wrong with a candidate that is none', async () => {
    const wrong = (candidate: string) =>
      alpaca('evaluate', '--a', candidate, '--b', 'b.jsonl', '--out', 'wrong');
    assert.match((await wrong('nowhere')).stderr, /There is no file or folder nowhere\./);
    assert.match((await wrong('teacher:nobody')).stderr, /There is no teacher nobody/);
    assert.match(
      (await wrong('run:alpaca-1')).stderr,
      /has no record of a run alpaca-1, and there is no answer from the Temporal server 127\.0\.0\.1:1 /,
    );
  });
});
