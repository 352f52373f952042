import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { teachersOf } from '../../../../../workers/command/run/estimate.ts';
import { estimateGradesOf, gradesEstimateText } from '../../../../../workers/command/run/grade-estimate.ts';
import { alpacaInput } from '../../../../../workflows/contracts/pipeline.ts';
import { profileOf } from '../../../activities/teacher/scripted-teacher.ts';

const profiles = {
  names: ['paid', 'free'],
  get: (name: string) => {
    const outputUsdPerMillion = name === 'paid' ? 1e6 : 0;
    const price = { inputUsdPerMillion: 0, outputUsdPerMillion };
    return { ...profileOf('http://127.0.0.1:1/v1'), name, model: name, price };
  },
};
const graded = (grade: object, generate = {}) => alpacaInput.parse({ filter: { grade }, generate });

describe('what grades of a run would cost', () => {
  it('is by the target, and nothing where nobody is paid', async () => {
    const paid = await estimateGradesOf(graded({ judge: 'paid' }, { target: 100 }), '/nowhere', profiles);
    assert.deepEqual(paid, { grades: 100, costUsd: { value: 5000, low: 5000, high: 25_600 } });
    assert.equal(await estimateGradesOf(graded({ judge: 'free' }), '/nowhere', profiles), null);
    assert.equal(await estimateGradesOf(alpacaInput.parse({}), '/nowhere', profiles), null);
  });

  it('is by the rows that there are, where they are brought in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-grade-estimate-'));
    try {
      const from = join(folder, 'rows.jsonl');
      await writeFile(from, '{"instruction":"a","output":"b"}\n{"instruction":"c","output":"d"}\n');
      const second = { judge: 'free', second: 'paid', sample: 10 };
      const found = await estimateGradesOf(graded(second, { from }), folder, profiles);
      assert.deepEqual([found?.grades, found?.costUsd.value], [4, 100]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is one line', () => {
    const costUsd = { value: 0.5, low: 0.25, high: 1.5 };
    const { grade } = graded({ judge: 'paid', second: 'free' }).filter ?? {};
    assert.deepEqual(gradesEstimateText(grade, { grades: 2100, costUsd }), [
      'grades by paid, and of a sample by free: about 2,100, 0.50 USD (0.25 USD to 1.50 USD)',
    ]);
    assert.deepEqual(gradesEstimateText(grade, null), []);
  });

  it('needs the price of who grades, as of every teacher of the run', () => {
    assert.deepEqual(teachersOf(graded({ judge: 'paid', second: 'free' })), ['offline', 'paid', 'free']);
  });
});
