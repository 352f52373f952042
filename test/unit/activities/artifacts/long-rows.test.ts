import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { MOST_ROW_BYTES } from '../../../../activities/artifacts/lines.ts';
import { readRows } from '../../../../activities/artifacts/rows.ts';
import { readSource } from '../../../../activities/dedupe/instruction-source.ts';

describe('rows without end', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-long-rows-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const file = async (content: string | Buffer, name = 'rows.jsonl') => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const read = async (path: string) => readRows(path, z.unknown(), 'given.jsonl');
  const dedupe = async (path: string) => {
    const rows = [];
    for await (const batch of readSource(path, { field: 'instruction' })) rows.push(...batch);
    return rows;
  };

  it('are refused by the number of the line', { timeout: 20_000 }, async () => {
    const path = await file(`{}\n\n{"instruction":"${'a'.repeat(1.5e8)}"}`);
    await assert.rejects(read(path), {
      code: 'InvalidInput',
      message: /^given\.jsonl, line 3: it has more than 16777216 bytes\./,
    });
    const ours = await file(`{"instruction":"b"}\n{"instruction":"${'a'.repeat(2e7)}"}\n`);
    await assert.rejects(dedupe(ours), { code: 'InvalidInput', message: /line 2: it has more than/ });
  });

  it('are refused by the number of the element', { timeout: 20_000 }, async () => {
    const path = await file(`[{}, {"a": "${'a'.repeat(2e7)}"}]`);
    await assert.rejects(read(path), { code: 'InvalidInput', message: /element 2: it has more than/ });
  });

  it('are read in linear time up to the bound', { timeout: 120_000 }, async () => {
    const rowOf = (bytes: number) => ({ instruction: 'a'.repeat(bytes - '{"instruction":""}'.length) });
    const [whole, half] = [rowOf(MOST_ROW_BYTES), rowOf(MOST_ROW_BYTES / 2)];
    const lines = [
      await file(`${JSON.stringify(whole)}\n`, 'a'),
      await file(`${JSON.stringify(half)}\n`, 'b'),
    ];
    const arrays = [await file(JSON.stringify([whole]), 'c'), await file(JSON.stringify([half]), 'd')];
    assert.deepEqual(await read(String(lines[0])), [whole]);
    assert.equal((await dedupe(String(arrays[0]))).length, 1);
    // Twice the bytes take four times as long where the time is quadratic.
    for (const [readAll, paths] of [[read, lines] as const, [dedupe, arrays] as const]) {
      const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let round = 0; round < 3; round += 1)
        for (const [index, path] of paths.entries())
          best[index] = Math.min(best[index] ?? 0, await workOf(() => readAll(path)));
      const [ofWhole = 0, ofHalf = 0] = best;
      assert.ok(ofWhole < 3 * ofHalf, `${ofWhole} µs of work, and ${ofHalf} µs for half of it`);
    }
  });

  it('may be elements of an array of any size, one of them in memory at a time', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => ({ i, text: `[{"}\\" ${'x'.repeat(20)}` }));
    assert.deepEqual(await read(await file(JSON.stringify(rows, null, 2))), rows);
    assert.deepEqual(await read(await file(' [ ] \n')), []);
    assert.deepEqual(await read(await file('\uFEFF[1,\n[2, {"a": [3]}] ]')), [1, [2, { a: [3] }]]);
  });

  it('of a broken array are named', async () => {
    for (const [text, message] of [
      ['[{}, {}}', /is no valid JSON array: it does not end/],
      ['[{}, {}}]', /element 2: no valid JSON/],
      ['[{}, {]', /is no valid JSON array: it does not end/],
      ['[1,]', /element 2: no valid JSON/],
      ['[1,,2]', /element 2: no valid JSON/],
      ['[,1]', /element 1: no valid JSON/],
      ['[1', /is no valid JSON array: it does not end/],
      ['[1] [2]', /is no valid JSON array: something comes after it/],
      ['[1]x', /is no valid JSON array: something comes after it/],
    ] as const)
      await assert.rejects(read(await file(text)), { code: 'InvalidInput', message }, text);
  });

  it('that are nested without end are refused', async () => {
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
    const path = await file(`{}\n{"a": ${deep}}\n`);
    await assert.rejects(read(path), { code: 'InvalidInput', message: /line 2: .*200 levels/ });
    const ours = await file(`{"instruction": "x", "a": ${deep}}\n`);
    await assert.rejects(dedupe(ours), { code: 'InvalidInput', message: /line 1: .*200 levels/ });
  });

  it('that name a prototype are rows like others, and change nothing else', async () => {
    const path = await file('{"__proto__": {"polluted": 1}, "constructor": 2, "a": "x"}\n');
    const schema = z.object({ a: z.string() });
    assert.deepEqual(await readRows(path, schema), [{ a: 'x' }]);
    assert.equal('polluted' in {}, false);
  });

  it('in another format are refused by what they are, or are not', async () => {
    const yaml = await file('- instruction: a\n', 'rows.yaml');
    await assert.rejects(read(yaml), { code: 'InvalidInput', message: /line 1/ });
    // One cell that never ends is no more than one row may be.
    const table = await file(`instruction,output\n"${'a'.repeat(2e7)}`, 'rows.csv');
    await assert.rejects(read(table), { code: 'InvalidInput', message: /row 1: it is too long/ });
  });
});

/** What this thread had to do, in microseconds: on a machine that does other things too it is not the time. */
async function workOf(doing: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await doing();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}
