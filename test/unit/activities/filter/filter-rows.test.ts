import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { readRows, toJsonLines } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { filterRows } from '../../../../activities/filter/filter-rows.ts';
import { allFamilies } from '../../../../workers/offline-teacher/tasks/catalogue.ts';
import { createRandom } from '../../../../workers/offline-teacher/tasks/random.ts';
import { dataRowOrSeedTask, evaluationInstruction } from '../../../../workflows/contracts/data.ts';
import { type FilterResult, filterInput } from '../../../../workflows/contracts/filter.ts';

const provenance = { request: 1, prompt: 2, segment: 3, ledgerKey: 'k' };
const RIVER = { instruction: 'Name a river.', input: '', output: 'Elbe', provenance };
const WRONG = { instruction: 'Add 2 and 2.', input: '', output: '2 + 2 = 5', provenance };
const REFUSED = {
  instruction: 'Name a king.',
  input: '',
  output: 'I’m sorry, but I can’t assist with that.',
};
const PLANTED = {
  instruction: 'Which bird cannot fly and lives in the far south?',
  input: '',
  output: 'A penguin',
};

let folder: string;
let store: ArtifactStore;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alpaca-filter-'));
  store = createLocalStore({ root: join(folder, 'store'), importFolders: [folder] });
});
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, rows: readonly unknown[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, toJsonLines(rows));
  return path;
}

async function filter(given: object, threads?: number): Promise<FilterResult> {
  return filterRows(filterInput.parse(given), { store, ...(threads && { threads }) }, unwatched);
}

async function linesOf(reference: FilterResult['data'] | null): Promise<unknown[]> {
  assert.ok(reference);
  const text = await readFile(await store.open(reference), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line));
}

describe('the filter step', () => {
  it('keeps every row somewhere: the kept as they came, the dropped with their place and why', async () => {
    const data = await file('rows.jsonl', [WRONG, { ...RIVER, topic: 'rivers' }, REFUSED]);
    const result = await filter({ data });
    assert.deepEqual(await linesOf(result.data), [{ ...RIVER, topic: 'rivers' }]);
    assert.deepEqual(await linesOf(result.dropped), [
      {
        ...WRONG,
        row: 0,
        verdict: { rule: 'arithmetic', reason: 'the left side is 4, the right side 5', found: '2 + 2 = 5' },
      },
      {
        ...REFUSED,
        row: 2,
        verdict: {
          rule: 'refusal',
          reason: 'the teacher declined',
          found: "I'm sorry, but I can't assist with that.",
        },
      },
    ]);
    assert.deepEqual([result.data.rows, result.dropped.rows], [1, 2]);
    assert.deepEqual(result.droppedBy, {
      ...{
        json: 0,
        code: 0,
        arithmetic: 1,
        refusal: 1,
        truncated: 0,
        language: 0,
        echo: 0,
        markup: 0,
        repetition: 0,
      },
      'personal-data': 0,
    });
  });

  it('looks by the rules that are on, and counts no others', async () => {
    const data = await file('rows.jsonl', [WRONG, RIVER, REFUSED]);
    const result = await filter({ data, rules: ['refusal'] });
    assert.deepEqual(await linesOf(result.data), [WRONG, RIVER]);
    assert.deepEqual(result.droppedBy, { refusal: 1 });
  });

  it('drops rows that overlap files, and says the file as an artifact', async () => {
    const data = await file('rows.jsonl', [RIVER, PLANTED]);
    const benchmark = await file('bench.jsonl', [
      { question: 'What is the largest bird?' },
      { question: PLANTED.instruction },
    ]);
    const result = await filter({ data, rules: [], decontaminate: { files: [benchmark] } });
    const [against] = result.against;
    assert.ok(against);
    assert.deepEqual(await linesOf(against), [
      { question: 'What is the largest bird?' },
      { question: PLANTED.instruction },
    ]);
    assert.deepEqual(await linesOf(result.dropped), [
      {
        ...{ ...PLANTED, row: 1 },
        verdict: {
          ...{
            rule: 'same-text',
            reason: 'the same text but for case and punctuation',
            found: PLANTED.instruction,
          },
          overlaps: { file: against.uri, row: 1, field: 'question' },
        },
      },
    ]);
    assert.deepEqual(result.droppedBy, { 'same-text': 1, 'same-words': 0, 'similar-text': 0 });
  });

  it('finds every evaluation instruction that is planted among the seed tasks, and nothing else', async () => {
    const seeds = await readRows(builtinPath('seed-tasks', 'en'), dataRowOrSeedTask);
    const planted = await readRows(builtinPath('evaluation-instructions', 'en'), evaluationInstruction);
    const rows = seeds.flatMap((seed, index) => {
      const { instruction, instances = [] } = planted[index] ?? {};
      const input = instances[0]?.input ?? '';
      return instruction ? [seed, { instruction: instruction.toUpperCase(), input, output: 'Yes.' }] : [seed];
    });
    const data = await file('planted.jsonl', rows);
    const result = await filter({ data, rules: [], decontaminate: { files: ['builtin'] } });
    const dropped = z.array(
      z.object({ row: z.int(), verdict: z.object({ overlaps: z.object({ row: z.int() }) }) }),
    );
    assert.deepEqual(
      dropped.parse(await linesOf(result.dropped)).map(({ row, verdict }) => [row, verdict.overlaps.row]),
      planted.map((_, index) => [2 * index + 1, index]),
    );
    assert.deepEqual([planted.length, result.data.rows], [64, 175]);
  });

  it('holds the rows of a run in several languages against what is shipped for each', async () => {
    const [english, korean] = await Promise.all(
      ['en', 'ko'].map((name) =>
        readRows(builtinPath('evaluation-instructions', name), evaluationInstruction),
      ),
    );
    const rows = [english?.at(-1), korean?.at(-1)].map((asked) => ({
      ...{ instruction: asked?.instruction, input: asked?.instances[0]?.input, output: 'A penguin' },
    }));
    const words = { ...RIVER, instruction: '부엌에서 쓰는 도구 세 가지를 고르고 그 까닭을 함께 적으세요.' };
    const benchmark = await file('ko-bench.jsonl', [{ question: `${words.instruction} 짧게 쓰세요.` }]);
    const result = await filter({
      ...{ data: await file('mixed.jsonl', [...rows, words, RIVER]), rules: [] },
      ...{ languages: { en: 0.5, ko: 0.5 }, decontaminate: { files: ['builtin', benchmark] } },
    });
    assert.deepEqual(result.droppedBy, { 'same-text': 2, 'same-words': 0, 'similar-text': 1 });
    const overlap = z.object({ verdict: z.object({ overlaps: z.object({ file: z.string() }) }) });
    assert.deepEqual(
      (await linesOf(result.dropped)).map((line) => overlap.parse(line).verdict.overlaps.file),
      result.against.map(({ uri }) => uri),
    );
  });

  it('keeps the neighbours of the kept rows', async () => {
    const data = await file('rows.jsonl', [WRONG, RIVER]);
    const similar = [WRONG, RIVER].map((row) => ({
      ...row,
      most_similar_instructions: { other: 0.5 },
      avg_similarity_score: 0.1,
    }));
    const similarity = await store.resolve(await file('similarity.jsonl', similar), 'similarity');
    const result = await filter({ data, similarity });
    assert.deepEqual(await linesOf(result.similarity), [similar[1]]);
    const others = await store.resolve(await file('others.jsonl', [similar[0]]), 'similarity');
    await assert.rejects(filter({ data, similarity: others }), {
      code: 'InvalidInput',
      message: /^There are 2 rows and neighbours of 1\./,
    });
  });

  it('gives the same bytes with any number of threads', async () => {
    const rows = Array.from({ length: 2600 }, (_, i) => ({
      instruction: `Add ${i} and 1.`,
      ...{ input: '', output: `${i} + 1 = ${i % 7 === 0 ? i + 2 : i + 1}` },
    }));
    const data = await file('many.jsonl', rows);
    const results = [await filter({ data }, 1), await filter({ data }, 2), await filter({ data }, 5)];
    assert.equal(results[0]?.dropped.rows, 372);
    for (const { data: kept, dropped } of results)
      assert.deepEqual([kept.sha256, dropped.sha256], [results[0]?.data.sha256, results[0]?.dropped.sha256]);
  });

  it('takes no rows, and drops all of them where all are bad', async () => {
    const none = await filter({ data: await file('none.jsonl', []) });
    assert.deepEqual([none.data.rows, none.dropped.rows], [0, 0]);
    const all = await filter({ data: await file('bad.jsonl', [WRONG]) });
    assert.deepEqual([all.data.rows, all.dropped.rows], [0, 1]);
  });

  it('names a bad row by its file and line, and stops by the signal', async () => {
    const data = await file('bad-row.jsonl', [RIVER, { instruction: 'Name a lake.' }]);
    await assert.rejects(filter({ data }), { code: 'InvalidInput', message: /bad-row\.jsonl, line 2: / });
    const stopped = { signal: AbortSignal.abort(new Error('stopped')), report() {} };
    const input = filterInput.parse({ data: await file('rows.jsonl', [RIVER]) });
    await assert.rejects(filterRows(input, { store }, stopped), /stopped/);
  });
});

describe('false alarms of the filter', () => {
  for (const [language, rows] of [
    ['en', 175],
    ['ko', 175],
  ] as const)
    it(`drops none of the seed tasks: ${language}`, async () => {
      const result = await filter({ language, decontaminate: { files: ['builtin'] } });
      assert.deepEqual(await linesOf(result.dropped), []);
      assert.equal(result.data.rows, rows);
    });

  for (const language of ['en', 'ko'] as const)
    it(`drops none of what the offline teacher composes: ${language}`, async () => {
      const families = allFamilies().filter((family) => family.language === language);
      const tasks = families.flatMap((family) =>
        Array.from({ length: 40 }, (_, i) => family.compose(createRandom(`${family.name} ${i}`))),
      );
      const result = await filter({ language, data: await file(`${language}.jsonl`, tasks) });
      assert.deepEqual(await linesOf(result.dropped), []);
      assert.ok(result.data.rows >= 240, `${result.data.rows}`);
    });
});
