import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../../workers/command/main.ts', import.meta.url));

const POEM = '{"instruction":"Write a poem.","input":"","output":"Roses"}';
const SAME_POEM = '{"instruction":"write a poem","input":"","output":"Violets"}';
const RIVER = '{"instruction":"Name a river in Asia.","input":"","output":"Mekong"}';

const PAID = {
  ...{ baseUrl: 'http://127.0.0.1:1/v1', model: 'm', embeddingModel: 'e', embeddingUsdPerMillion: 1 },
};

let folder: string;
let input: string;
let out: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alpaca-dedupe-command-'));
  input = join(folder, 'in.jsonl');
  out = join(folder, 'kept.jsonl');
  await writeFile(join(folder, 'teachers.json'), '{}');
});
beforeEach(async () => {
  await rm(out, { force: true });
  await writeFile(input, `${[POEM, RIVER, SAME_POEM, RIVER].join('\n')}\n`);
});
after(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function dedupe(args: readonly string[], standardInput = ''): Promise<Ended> {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      ALPACA_STATE: join(folder, 'state'),
      ALPACA_TEACHERS: join(folder, 'teachers.json'),
    };
    const child = execFile(process.execPath, [MAIN, 'dedupe', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
    child.stdin?.end(standardInput);
  });
}

describe('alpaca dedupe', () => {
  it('writes the kept and the rejected rows of a file, and prints the counts', async () => {
    const rejected = join(folder, 'rejected.jsonl');
    const { code, stdout } = await dedupe([
      ...[input, '--out', out, '--rejected', rejected, '--mode', 'threshold', '--json'],
    ]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      ...{ rows: 4, kept: 2, rejected: 2, exactDuplicates: 1, normalizedDuplicates: 2 },
      ...{ clusters: 2, largestCluster: 1, tokenization: 'rouge', embedding: null, badRows: {}, path: out },
    });
    assert.equal(await readFile(out, 'utf8'), `${POEM}\n${RIVER}\n`);
    assert.deepEqual(
      (await readFile(rejected, 'utf8'))
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
      [
        { ...JSON.parse(SAME_POEM), mostSimilar: 'Write a poem.', score: 1 },
        { ...JSON.parse(RIVER), mostSimilar: 'Name a river in Asia.', score: 1 },
      ],
    );
  });

  it('writes a JSON array where the name ends in .json', async () => {
    const array = join(folder, 'kept.json');
    assert.equal((await dedupe([input, '--out', array, '--mode', 'threshold'])).code, 0);
    assert.deepEqual(JSON.parse(await readFile(array, 'utf8')), [JSON.parse(POEM), JSON.parse(RIVER)]);
  });

  it('reads standard input, JSONL or a JSON array, and adds the recipe’s fields in full mode', async () => {
    for (const text of [`${POEM}\n${SAME_POEM}\n`, `[${POEM},\n ${SAME_POEM}]`]) {
      const { code, stdout } = await dedupe(['-', '--out', out], text);
      assert.equal(code, 0);
      assert.match(stdout, /^1 of 2 rows kept in .*; 1 rejected\n/);
      assert.deepEqual(JSON.parse(await readFile(out, 'utf8')), {
        ...JSON.parse(POEM),
        most_similar_instructions: {},
        avg_similarity_score: 0,
      });
    }
  });

  it('compares with --against by another --field, in another script, at another --threshold', async () => {
    const seeds = join(folder, 'seeds.jsonl');
    await writeFile(seeds, '{"question":"다음 문장을 영어로 번역하세요."}\n');
    const { code, stdout } = await dedupe(
      [
        ...['-', '--out', out, '--against', seeds, '--field', 'question'],
        ...['--tokenization', 'unicode', '--threshold', '0.5', '--mode', 'threshold', '--json'],
      ],
      '{"question":"다음 문장을 한국어로 번역하세요."}\n{"question":"강 이름을 하나 말하세요."}\n',
    );
    assert.equal(code, 0);
    const { kept, rejected } = JSON.parse(stdout) as Record<string, number>;
    assert.deepEqual([kept, rejected], [1, 1]);
    assert.equal(await readFile(out, 'utf8'), '{"question":"강 이름을 하나 말하세요."}\n');
  });

  it('says how many rows it saw nothing of, and by what it compared them', async () => {
    const lines = ['Назовите реку.', 'Назовите реку.', 'Name a river.'].map((instruction) =>
      JSON.stringify({ instruction, output: '' }),
    );
    await writeFile(input, lines.join('\n'));
    const { code, stdout } = await dedupe([input, '--out', out]);
    assert.equal(code, 0);
    assert.match(stdout, /^2 of 3 rows kept/m);
    assert.match(
      stdout,
      /^2 of 3 instructions are mostly of words without a-z or 0-9, .*: all were compared by .*"unicode"$/m,
    );
  });

  it('ends with 1 at a bad row, naming its line, and writes nothing', async () => {
    await writeFile(input, Buffer.concat([Buffer.from(`${POEM}\n{"instruction":"`), Buffer.of(0xff, 0x22)]));
    const { code, stdout, stderr } = await dedupe([input, '--out', out]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /in\.jsonl, line 2: no valid UTF-8\. .*--skip-bad-rows/);
    assert.deepEqual(await readdir(folder).then((names) => names.includes('kept.jsonl')), false);
  });

  it('drops semantic duplicates with --embedding-teacher, and says which rule rejected a row', async () => {
    const reordered = '{"instruction":"In Asia, a river: name.","input":"","output":"Amur"}';
    await writeFile(input, `${[POEM, RIVER, SAME_POEM, reordered].join('\n')}\n`);
    const rejected = join(folder, 'semantic.jsonl');
    const options = ['--mode', 'threshold', '--embedding-teacher', 'offline', '--embedding-threshold', '0.8'];
    const run = () => dedupe([input, '--out', out, '--rejected', rejected, ...options, '--json']);
    const { code, stdout, stderr } = await run();
    assert.equal(code, 0, stderr);
    const { embedding, kept, ...counts } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([kept, counts.rejected, counts.clusters], [2, 2, 1]);
    assert.deepEqual(embedding, {
      ...{ model: 'offline-hashing', dimensions: 256, rejected: 1, clusters: 1, largestCluster: 1 },
      ...{ sent: 3, lost: 0, promptTokens: 21, costUsd: 0 },
    });
    assert.equal(await readFile(out, 'utf8'), `${POEM}\n${RIVER}\n`);
    const [first, second] = (await readFile(rejected, 'utf8'))
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    assert.deepEqual(first, {
      ...JSON.parse(SAME_POEM),
      rule: 'rouge',
      mostSimilar: 'Write a poem.',
      score: 1,
    });
    const { cosine, ...rest } = second ?? {};
    assert.deepEqual(rest, {
      ...JSON.parse(reordered),
      ...{ rule: 'embedding', mostSimilar: 'Name a river in Asia.' },
    });
    assert.ok(Number(cosine) > 0.8 && Number(cosine) < 1, `${cosine}`);
    const again = JSON.parse((await run()).stdout) as { embedding: { sent: number } };
    assert.equal(again.embedding.sent, 0, 'kept in the store');
  });

  it('ends with 2 where embeddings are asked for and something about them is wrong', async () => {
    const failing = async (args: string[], message: RegExp) => {
      const { code, stderr } = await dedupe([input, '--out', out, ...args]);
      assert.deepEqual([code, message.test(stderr)], [2, true], stderr);
    };
    await failing(['--embedding-threshold', '0.9'], /--embedding-teacher NAME/);
    await failing(['--embedding-teacher', 'nobody'], /There is no teacher nobody/);
    await failing(
      ['--embedding-teacher', 'offline', '--embedding-threshold', '1.5'],
      /embedding\.threshold is 1\.5/,
    );
    await failing(
      ['--embedding-teacher', 'offline', '--embedding-threshold', 'high'],
      /embedding\.threshold is "high"/,
    );
    await writeFile(join(folder, 'teachers.json'), JSON.stringify({ paid: PAID }));
    await failing(
      ['--embedding-teacher', 'paid'],
      /Embedding with the teacher paid costs money\. Add --budget/,
    );
    await failing(['--embedding-teacher', 'paid', '--budget', '1'], /Add --yes/);
  });

  it('names and counts the rows that --skip-bad-rows leaves out', async () => {
    await writeFile(input, `${POEM}\nnot JSON\n{"text":"no field"}\n${RIVER}\n`);
    const { code, stdout, stderr } = await dedupe([input, '--out', out, '--skip-bad-rows', '--json']);
    assert.equal(code, 0);
    assert.match(stderr, /left out: .*in\.jsonl, line 2: no valid JSON/);
    assert.match(stderr, /left out: .*in\.jsonl, line 3: it has no field "instruction"/);
    const { kept, badRows } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([kept, badRows], [2, { 'no-json': 1, 'no-field': 1 }]);
  });

  it('ends with 2 for a threshold outside [0, 1] or a mode that there is none of', async () => {
    for (const threshold of ['1.01', '-0.1', 'high']) {
      const { code, stderr } = await dedupe([input, '--out', out, `--threshold=${threshold}`]);
      assert.equal(code, 2);
      assert.match(stderr, /threshold/);
    }
    assert.equal((await dedupe([input, '--out', out, '--mode', 'fast'])).code, 2);
  });

  it('refuses to write kept and rejected rows to one file', async () => {
    const { code, stderr } = await dedupe([input, '--out', out, '--rejected', out]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /--rejected .*kept\.jsonl is --out of the same command, which would be lost\. Name another file\./,
    );
    const overInput = await dedupe([input, '--out', input]);
    assert.match(overInput.stderr, /--out .* is what is read, which would be lost/);
  });

  it('ends with 1 where a path leads to no file of rows', async () => {
    const absent = await dedupe([join(folder, 'absent.jsonl'), '--out', out]);
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /There is no file .*absent\.jsonl\./);
    const isFolder = await dedupe([folder, '--out', out]);
    assert.match(isFolder.stderr, /is a folder; expected a file/);
  });

  it('makes the folder of its output, and says where it cannot', async () => {
    const inside = join(folder, 'new', 'kept.jsonl');
    assert.equal((await dedupe([input, '--out', inside, '--mode', 'threshold'])).code, 0);
    assert.equal(await readFile(inside, 'utf8'), `${POEM}\n${RIVER}\n`);
    const nowhere = await dedupe([input, '--out', join(input, 'kept.jsonl')]);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /--out .*kept\.jsonl: nothing can be written to the folder .*in\.jsonl/);
  });
});
