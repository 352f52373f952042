import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { readRows } from '../../../../activities/artifacts/rows.ts';
import { recipeRow } from '../../../../workflows/contracts/data.ts';
import { requestYield } from '../../../../workflows/contracts/generate.ts';
import { BARE_ENVIRONMENT } from '../../../bare-environment.ts';
import {
  chatReply,
  type ScriptedTeacher,
  startScriptedTeacher,
} from '../../activities/teacher/scripted-teacher.ts';

/*
 * test/fixtures/original-program holds completions of the offline teacher, with its faults, and what the
 * original program kept of them (drive_original.py runs it as it is).
 */
const FIXTURE = new URL('../../../fixtures/original-program/', import.meta.url);
const MAIN = fileURLToPath(new URL('../../../../workers/command/main.ts', import.meta.url));
const SEED_TASKS = builtinPath('seed-tasks', 'en');

const measuredRow = recipeRow.extend({
  most_similar_instructions: z.record(z.string(), z.number()),
  avg_similarity_score: z.number(),
});

describe('generate, given the original program’s seed tasks and completions, one request at a time', () => {
  let folder: string;
  let teacher: ScriptedTeacher;
  let original: { target: number; rows: z.infer<typeof measuredRow>[] };
  let result: { path: string; stopReason: string; requests: number; yieldByRequest: { uri: string } };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-original-'));
    const completions = z
      .array(z.object({ text: z.string(), finish_reason: z.string() }))
      .parse(await fixture('completions.json'));
    original = z
      .object({ target: z.int(), rows: z.array(measuredRow) })
      .parse(await fixture('kept-rows.json'));
    // In order of arrival, as the original got them; what is asked beyond them gets nothing.
    teacher = await startScriptedTeacher((_, index) => {
      const { text, finish_reason } = completions[index] ?? { text: '', finish_reason: 'stop' };
      return chatReply(text, finish_reason);
    });
    const asked = ['generate', '--teacher', 'openai', '--budget', '5', '--yes', '--concurrency', '1'];
    const named = ['--seed-tasks', SEED_TASKS, '--out', join(folder, 'data.json'), '--json'];
    result = JSON.parse(await alpaca([...asked, '--target', String(original.target), ...named]));
  });
  after(async () => {
    await teacher[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('keeps the rows that the original kept, in order', async () => {
    const rows = await readRows(join(folder, 'data.json'), recipeRow);
    assert.equal(rows.length, 149);
    assert.deepEqual(
      rows,
      original.rows.map(({ instruction, input, output }) => ({ instruction, input, output })),
    );
    assert.deepEqual([result.stopReason, result.requests], ['target', 3]);
  });

  it('meets what the filters and the threshold are for, or it would prove little', async () => {
    const [, kind, sha256, name] =
      /^artifact:\/\/([^/]+)\/([^/]+)\/(.+)$/.exec(result.yieldByRequest.uri) ?? [];
    const path = join(folder, 'store', 'artifacts', kind ?? '', sha256 ?? '', name ?? '');
    const requests = await readRows(path, requestYield);
    assert.equal(requests.length, 3);
    for (const { malformed, similar, filtered } of requests) {
      assert.ok(malformed > 0 && similar > 0);
      assert.ok((filtered['too-short'] ?? 0) > 0);
    }
    assert.ok(requests.some(({ filtered }) => (filtered['forbidden-word'] ?? 0) > 0));
  });

  it('measures likeness as the original did: ten scores and the mean of each row', async () => {
    const out = join(folder, 'similarity.json');
    const files = ['dedupe', join(folder, 'data.json'), '--against', SEED_TASKS, '--out', out, '--json'];
    await alpaca(files);
    const rows = await readRows(out, measuredRow);
    assert.equal(rows.length, original.rows.length);
    for (const [index, row] of rows.entries()) {
      const expected = original.rows[index];
      assert.deepEqual(
        Object.values(row.most_similar_instructions),
        Object.values(expected?.most_similar_instructions ?? {}),
      );
      // The original adds pairwise, by NumPy: the sums differ in their last bits.
      const apart = Math.abs(row.avg_similarity_score - (expected?.avg_similarity_score ?? 0));
      assert.ok(apart < 1e-12, `row ${index}: ${apart}`);
    }
  });

  async function alpaca(args: readonly string[]): Promise<string> {
    const env = {
      ...BARE_ENVIRONMENT,
      ALPACA_STORE: join(folder, 'store'),
      ALPACA_STATE: join(folder, 'state'),
      OPENAI_BASE_URL: teacher.baseUrl,
      OPENAI_API_KEY: 'none',
      OPENAI_MODEL: 'recorded',
      ALPACA_OPENAI_PRICE: '1,2',
    };
    return (await promisify(execFile)(process.execPath, [MAIN, ...args], { env })).stdout;
  }
});

async function fixture(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(name, FIXTURE), 'utf8'));
}
