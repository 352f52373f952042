import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { unwatched } from '../../../../activities/attempt.ts';
import { type DedupeFilesOptions, dedupeFiles } from '../../../../activities/dedupe/dedupe-files.ts';
import type { BadRow } from '../../../../activities/dedupe/instruction-source.ts';
import { AlpacaError } from '../../../../activities/errors.ts';

let folder: string;
/** Each test of a suite gets a folder of its own. */
function inAFolder(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dedupe-files-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
}

async function dedupe(content: string | Uint8Array, options: Partial<DedupeFilesOptions> = {}) {
  const input = join(folder, 'in.jsonl');
  const out = join(folder, 'kept.jsonl');
  await writeFile(input, content);
  const counts = await dedupeFiles(
    {
      ...{ input, out, field: 'instruction', skipBadRows: false },
      ...{ threshold: 0.7, tokenization: 'rouge', mode: 'threshold' },
      ...options,
    },
    unwatched,
  );
  return { counts, kept: await readFile(out, 'utf8') };
}

const THREE = [
  '{"instruction": "Write a poem", "n": 1.0}',
  '{"instruction":"Name a river"}',
  '{"instruction":"write a poem!"}',
];

async function fails(running: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(running, (error) => {
    assert.ok(error instanceof AlpacaError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(await readdir(folder), ['in.jsonl'], 'nothing half-written');
}

describe('deduping a file', () => {
  inAFolder();

  it('writes the kept lines as they came in', async () => {
    const { counts, kept } = await dedupe(`${THREE.join('\n')}\n`);
    assert.equal(kept, '{"instruction": "Write a poem", "n": 1.0}\n{"instruction":"Name a river"}\n');
    assert.deepEqual(counts, {
      ...{ rows: 3, kept: 2, rejected: 1, exactDuplicates: 0, normalizedDuplicates: 1 },
      ...{ clusters: 1, largestCluster: 1, tokenization: 'rouge', embedding: null, badRows: {} },
    });
  });

  it('reads a JSON array, a byte order mark, Windows line ends and a last line without its end', async () => {
    const array = await dedupe(`\uFEFF[${THREE.join(',\n')}]`);
    assert.equal(array.kept, '{"instruction":"Write a poem","n":1}\n{"instruction":"Name a river"}\n');
    const windows = await dedupe(`\uFEFF${THREE.join('\r\n\r\n')}`);
    assert.equal(windows.kept, '{"instruction": "Write a poem", "n": 1.0}\n{"instruction":"Name a river"}\n');
  });

  it('reads standard input, where a line may come in pieces', async () => {
    const bytes = Buffer.from(`${THREE.join('\n')}\n{"instruction":"Öffne die Tür"}\n`);
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    }
    const { counts, kept } = await dedupe('', { input: '-', standardInput: pieces() });
    assert.equal(counts.kept, 3);
    assert.match(kept, /Öffne die Tür/);
  });

  it('writes rejected rows with what they resemble, and compares with another file', async () => {
    const against = join(folder, 'seeds.jsonl');
    const rejected = join(folder, 'rejected.jsonl');
    await writeFile(against, '{"instruction":"Name a long river"}\n');
    const { counts } = await dedupe(THREE.join('\n'), { against, rejected });
    assert.equal(counts.kept, 1);
    assert.equal(
      await readFile(rejected, 'utf8'),
      '{"instruction":"Name a river","mostSimilar":"Name a long river","score":0.8571428571428571}\n' +
        '{"instruction":"write a poem!","mostSimilar":"Write a poem","score":1}\n',
    );
  });

  it('adds the recipe’s fields in full mode, even for an instruction that is a number or __proto__', async () => {
    const { kept } = await dedupe('{"q":"__proto__ 7"}\n{"q":"8 7"}\n', { field: 'q', mode: 'full' });
    assert.equal(
      kept,
      '{"q":"__proto__ 7","most_similar_instructions":{},"avg_similarity_score":0}\n' +
        '{"q":"8 7","most_similar_instructions":{"__proto__ 7":0.5},"avg_similarity_score":0.5}\n',
    );
  });
});

describe('bad input', () => {
  inAFolder();

  const broken = Buffer.concat([
    Buffer.from(
      '{"instruction":"Write a poem"}\n{"instruction":\n{"text":"x"}\n{"instruction":5}\n{"instruction":"',
    ),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}\n[1]\n{"instruction":"Name a river"}\n'),
  ]);

  it('is named by line and fatal', async () => {
    await fails(dedupe(broken), 'InvalidInput', /in\.jsonl, line 2: no valid JSON .*--skip-bad-rows/);
    await fails(dedupe('{"text":"x"}'), 'InvalidInput', /line 1: it has no field "instruction"/);
    await fails(
      dedupe('[{"instruction":"a"},{"instruction":5}]'),
      'InvalidInput',
      /element 2: .* is no text/,
    );
    await fails(dedupe(Buffer.from([0x7b, 0xff, 0x7d])), 'InvalidInput', /line 1: no valid UTF-8/);
    const object = '{"instruction":"Name a river","output":{"text":"The Rhine"}}';
    await fails(dedupe(object), 'InvalidInput', /in\.jsonl, line 1: the field "output" is no text/);
    const nul = '{"instruction":"Name a river","output":"\\u0000"}';
    await fails(
      dedupe(nul),
      'InvalidInput',
      /line 1: the field "output" has a NUL character, which is no text/,
    );
    await fails(dedupe('[{"instruction":"a"}', { skipBadRows: true }), 'InvalidInput', /no valid JSON array/);
  });

  it('is a row with something else than text in a field of the recipe’s, but for no input', async () => {
    const rows = [
      { instruction: 'Write a poem', input: null, output: 'Roses' },
      { instruction: 'Name a river', input: '', output: { text: 'The Rhine' } },
      { instruction: 'Add 1 and 2', input: 3, output: '3' },
      { instruction: 'Say\ud83d', output: 'no' },
      { instruction: 'Say it', output: 'n\0' },
      { instruction: 'Say that', input: '\u001b[0m', output: '' },
    ];
    const { counts, kept } = await dedupe(rows.map((row) => JSON.stringify(row)).join('\n'), {
      skipBadRows: true,
    });
    assert.equal(kept, '{"instruction":"Write a poem","input":null,"output":"Roses"}\n');
    assert.deepEqual(counts.badRows, {
      ...{ 'no-text': 2, 'half-surrogate': 1, nul: 1, 'control-character': 1 },
    });
  });

  it('is left out, told of and counted where that is asked for', async () => {
    const told: BadRow[] = [];
    const { counts, kept } = await dedupe(broken, { skipBadRows: true, onBadRow: (row) => told.push(row) });
    assert.equal(kept, '{"instruction":"Write a poem"}\n{"instruction":"Name a river"}\n');
    assert.deepEqual(counts.badRows, {
      ...{ 'no-json': 1, 'no-field': 1, 'no-text': 1, 'no-utf8': 1, 'no-object': 1 },
    });
    assert.deepEqual(
      told.map(({ where }) => where),
      ['line 2', 'line 3', 'line 4', 'line 5', 'line 6'],
    );
  });

  it('that leaves no row is a failure, and what stood in the output stays', async () => {
    await fails(dedupe(''), 'InvalidInput', /in\.jsonl has no rows; nothing was written\. Name a file/);
    await fails(
      dedupe('{"text":"x"}\n[1]\n', { skipBadRows: true }),
      'InvalidInput',
      /in\.jsonl has no rows but bad ones \(1 no-field, 1 no-object\); nothing was written\. Mend them, or name another --field\./,
    );
  });

  it('a missing file and a threshold outside [0, 1] are refused', async () => {
    await fails(
      dedupe('', { input: join(folder, 'none.jsonl') }),
      'NotFound',
      /There is no file .*none\.jsonl/,
    );
    await fails(dedupe('', { threshold: 2 }), 'InvalidInput', /The threshold 2 is outside \[0, 1\]/);
  });
});
