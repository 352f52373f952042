import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { releaseRows } from '../../../../../activities/release/activities.ts';
import { reproduce } from '../../../../../activities/release/reproduce/reproduce.ts';
import { releaseInput } from '../../../../../workflows/contracts/release.ts';
import { chatReply, startScriptedTeacher } from '../../teacher/scripted-teacher.ts';
import { type SmallRun, smallRun } from '../small-run.ts';

const FREE = { inputUsdPerMillion: 0, outputUsdPerMillion: 0 };

const PAIR = {
  ...{ instruction: 'Add 2 and 3.', input: '', annotator: 'scripted', preference: 2 },
  ...{ output_1: '6', generator_1: 'base', output_2: '5', generator_2: 'tuned' },
};

describe('the release of a run whose rows were graded', () => {
  let small: SmallRun;
  let asked = 0;
  before(async () => {
    const grader = await startScriptedTeacher(({ prompt }) => {
      const grade = /Explain a[13] /.test(prompt) ? 2 : 5;
      return chatReply(JSON.stringify({ reason: `It is worth ${grade}.`, grade }));
    });
    // What is reproduced asks nobody: nobody is there.
    small = await smallRun(
      async () => ({ rules: [], grade: { judge: 'grader' } }),
      'alpaca',
      grader.profile({ name: 'grader', model: 'grader-1', price: FREE }),
    ).finally(() => grader[Symbol.asyncDispose]());
    asked = grader.calls.length;
  });
  after(() => small?.[Symbol.asyncDispose]());

  it('has the rows that were graded high enough, and says what grades there were', async () => {
    const { filter } = small.run;
    assert.deepEqual([asked, filter?.data.rows, filter?.grades?.byGrade], [12, 10, [0, 2, 0, 0, 10]]);
    const card = await readFile(join(small.folder, 'README.md'), 'utf8');
    assert.match(card, /\| dropped by the filter for grade \| 2 \|/);
    assert.match(
      card,
      /\| rows by grade, kept from 3 on \| by grader: 0 of 1, 2 of 2, 0 of 3, 0 of 4 and 10 of 5 \|/,
    );
    const sheet = await readFile(join(small.folder, 'DATASHEET.md'), 'utf8');
    assert.match(
      sheet,
      / 2 more had a fault that a rule finds, or got a grade below 3 from the teacher profile grader\./,
    );
  });

  it('has a table of grades in its report, and what a kept row cost', async () => {
    const { run, store } = small;
    const input = releaseInput.parse({ data: run.filter?.data, run });
    const { report } = await releaseRows(input, { store }, unwatched);
    const page = await readFile(await store.open(report), 'utf8');
    assert.match(page, /<caption>Grades from 1 to 5 by grader; kept from 3 on<\/caption>/);
    assert.match(page, />2, dropped<\/th><td class="number">2<\/td><td class="number">16\.7%</);
    assert.match(page, />agreement<\/th><td>not measured: one judge was asked</);
    assert.match(page, />spent on the data in all<\/th><td>[\d.]+ USD, [\d.]+ USD a kept row</);
  });

  it('is reproduced by the grades that the ledger has', async () => {
    const claims = await reproduce(small.folder, small, unwatched);
    assert.deepEqual(
      claims.filter(({ verdict }) => verdict === 'differs'),
      [],
    );
    assert.equal(
      claims.find(({ claim }) => claim === 'the filtered rows follow from the kept ones')?.detail,
      '10 of 12 rows kept, byte for byte',
    );
  });

  it('has chosen and rejected answers where these are asked for, and reproduces them', async () => {
    const { run, store } = small;
    const annotations = await store.putFile('annotations', 'annotations.json', JSON.stringify([PAIR]), {
      madeBy: 'test',
    });
    const without = await small.release({});
    await assert.rejects(readFile(join(without, 'preference-pairs.jsonl')), { code: 'ENOENT' });
    const folder = await small.release({ run: withComparison(run, annotations), pairs: true });
    const lines = (await readFile(join(folder, 'preference-pairs.jsonl'), 'utf8')).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line): unknown => JSON.parse(line)),
      [
        {
          prompt:
            'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' +
            '### Instruction:\nAdd 2 and 3.\n\n### Response:',
          ...{ chosen: '5', rejected: '6' },
          provenance: {
            ...{ source: 'small', row: 0, annotator: 'scripted' },
            ...{ chosenBy: 'tuned', rejectedBy: 'base', confidence: 1 },
          },
        },
      ],
    );
    assert.match(
      await readFile(join(folder, 'README.md'), 'utf8'),
      /- `preference-pairs\.jsonl`: chosen and/,
    );
    const claims = await reproduce(folder, small, unwatched);
    assert.deepEqual(
      claims.filter(({ claim, verdict }) => verdict === 'differs' || claim.startsWith('the pairs')),
      [
        {
          claim: 'the pairs follow from verdicts, votes and grades',
          ...{ verdict: 'holds', detail: '1 pairs, byte for byte' },
        },
      ],
    );
  });

  it('takes votes of people along too', async () => {
    const votes = await small.store.putFile('annotations', 'votes.json', JSON.stringify([PAIR]), {
      madeBy: 'test',
    });
    const folder = await small.release({ votes: [votes] });
    assert.match(await readFile(join(folder, 'preference-pairs.jsonl'), 'utf8'), /"source":"artifact:/);
  });
});

function withComparison(run: SmallRun['run'], annotations: NonNullable<SmallRun['run']['filter']>['data']) {
  const { evaluate } = run;
  assert.ok(evaluate);
  const beside = { meanLengthA: 1, meanLengthB: 1, categories: [] };
  return {
    ...run,
    evaluate: { ...evaluate, comparisons: [{ a: 0, b: 1, ...evaluate.pairwise, ...beside, annotations }] },
  };
}
