import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import type { Judge } from '../../../../../activities/evaluate/judge/judge.ts';
import { filterRows } from '../../../../../activities/filter/filter-rows.ts';
import { gradeRows } from '../../../../../activities/filter/grade/grade-rows.ts';
import type { Graders } from '../../../../../activities/filter/grade/graders.ts';
import type { ArtifactReference } from '../../../../../workflows/contracts/data.ts';
import { type FilterResult, filterInput } from '../../../../../workflows/contracts/filter.ts';
import { temporaryStore } from '../../generate/generation-fixture.ts';

const row = (output: string, instruction = 'Name a river.') => ({ instruction, input: '', output });
const REFUSED = row('I’m sorry, but I can’t assist with that.');

let place: Awaited<ReturnType<typeof temporaryStore>>;
before(async () => {
  place = await temporaryStore();
});
after(() => place[Symbol.asyncDispose]());

/** Grades by the number in an output; where it has none its reply has none. */
function judgeNamed(name: string, replyTo = (output: string) => graded(output)): Judge & { asked: string[] } {
  const asked: string[] = [];
  return {
    ...{ name, asked, atOnce: 2, askings: 1, verdictTokens: 256 },
    async reply([, user]) {
      const [, output = ''] = /<output>\n([\s\S]*)\n<\/output>/.exec(user?.content ?? '') ?? [];
      asked.push(output);
      return { text: replyTo(output), cut: false };
    },
  };
}

function graded(output: string): string {
  const [grade] = /\d/.exec(output) ?? [];
  return grade === undefined ? 'Hm.' : JSON.stringify({ reason: `It says ${grade}.`, grade: Number(grade) });
}

async function grade(
  rows: readonly object[],
  settings: object,
  graders: Partial<Graders> = {},
): Promise<FilterResult> {
  const data = join(place.folder, 'rows.jsonl');
  await writeFile(data, toJsonLines(rows));
  const filter = filterInput.parse({ data, grade: { judge: 'one', ...settings } });
  const { store } = place;
  const filtered = await filterRows(filter, { store, threads: 1 }, unwatched);
  const gradersFor = () => ({ first: judgeNamed('one'), second: null, ...graders });
  return gradeRows({ filter, filtered }, { store, gradersFor }, 'test', unwatched);
}

async function linesOf(reference: ArtifactReference | undefined): Promise<unknown[]> {
  assert.ok(reference);
  const text = await readFile(await place.store.open(reference), 'utf8');
  return text.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]));
}

describe('grades of rows', () => {
  it('drop what is below the least, with the reason, beside what the rules dropped before', async () => {
    const result = await grade([row('a 5'), { ...row('a 2'), topic: 'rivers' }, REFUSED, row('a 3')], {});
    assert.deepEqual(await linesOf(result.data), [row('a 5'), row('a 3')]);
    assert.deepEqual(await linesOf(result.dropped), [
      {
        ...{ ...row('a 2'), topic: 'rivers', row: 1 },
        verdict: { rule: 'grade', reason: 'It says 2.', found: '2 of 5 by one' },
      },
      {
        ...{ ...REFUSED, row: 2 },
        verdict: {
          ...{ rule: 'refusal', reason: 'the teacher declined' },
          found: "I'm sorry, but I can't assist with that.",
        },
      },
    ]);
    assert.deepEqual([result.droppedBy.refusal, result.droppedBy.grade], [1, 1]);
    assert.deepEqual([result.grades?.byGrade, result.grades?.ungraded], [[0, 1, 1, 0, 1], 0]);
  });

  it('are kept with every row that was graded, and with its place in what came into the filter', async () => {
    const result = await grade([REFUSED, row('a 1'), row('a 4')], { least: 4 });
    assert.deepEqual(await linesOf(result.grades?.rows), [
      { ...row('a 1'), row: 1, graded: { judge: 'one', grade: 1, reason: 'It says 1.' } },
      { ...row('a 4'), row: 2, graded: { judge: 'one', grade: 4, reason: 'It says 4.' } },
    ]);
  });

  it('are asked for once of each text', async () => {
    const first = judgeNamed('one');
    const result = await grade([row('a 4'), row('a 4'), row('a 4', 'Name a lake.')], {}, { first });
    assert.deepEqual(
      [first.asked, result.grades?.byGrade],
      [
        ['a 4', 'a 4'],
        [0, 0, 0, 3, 0],
      ],
    );
  });

  it('are no grades where a reply has none: such a row is counted, and kept', async () => {
    const result = await grade([row('a 5'), row('no number')], {});
    assert.deepEqual(
      [result.data.rows, result.grades?.ungraded, result.droppedBy.ungraded],
      [2, 1, undefined],
    );
  });

  it('or dropped, where that is asked for', async () => {
    const result = await grade([row('a 5'), row('no number')], { ungraded: 'drop' });
    assert.deepEqual((await linesOf(result.dropped)).at(-1), {
      ...{ ...row('no number'), row: 1 },
      verdict: { rule: 'ungraded', reason: 'the reply of one has no grade', found: '' },
    });
    assert.deepEqual([result.droppedBy.grade, result.droppedBy.ungraded], [0, 1]);
  });

  it('fail where no reply has one, and say what to set', async () => {
    const first = judgeNamed('one', () => 'Lovely!');
    const rows = Array.from({ length: 30 }, (_, index) => row(`answer ${index}`));
    await assert.rejects(grade(rows, {}, { first }), {
      code: 'Configuration',
      message:
        /^The judge "one" gave no verdict in 16 replies: 0 of them were cut at the limit of 256 tokens; one of the others begins: Lovely!\. Take another judge/,
    });
    assert.ok(first.asked.length <= 17, `${first.asked.length} were asked`);
    const cut: Judge = { ...judgeNamed('one'), reply: async () => ({ text: 'Let me think', cut: true }) };
    await assert.rejects(grade([row('a 5')], {}, { first: cut }), {
      message: /Raise verdictTokens \(--grade-verdict-tokens; filter\.grade\.verdictTokens of a run\)/,
    });
  });

  it('of a second judge are of a sample alone, drop nothing, and say how far both agree', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => row(`a ${(index % 5) + 1} ${'i'.repeat(index)}`));
    const second = judgeNamed('two', (output) => (output.includes('5') ? graded('4') : graded(output)));
    const result = await grade(rows, { second: 'two', sample: 10 }, { second });
    const { agreement } = result.grades ?? {};
    const sampled = second.asked.filter((output) => output.includes('5')).length;
    assert.deepEqual(
      [second.asked.length, agreement?.judge, agreement?.asked, agreement?.compared],
      [10, 'two', 10, 10],
    );
    assert.deepEqual([agreement?.exact?.share, agreement?.withinOne?.share], [(10 - sampled) / 10, 1]);
    assert.deepEqual(result.grades?.byGrade, [8, 8, 8, 8, 8]);
    const both = (await linesOf(result.grades?.rows)).filter((line) =>
      JSON.stringify(line).includes('"second"'),
    );
    assert.equal(both.length, 10);
    assert.equal(result.droppedBy.grade, 16);
  });

  it('go by a rubric of the user’s own, which is kept', async () => {
    const rubric = join(place.folder, 'rubric.txt');
    await writeFile(rubric, 'Rivers only: 5 for a river, 1 for all else.');
    const seen: string[] = [];
    const first: Judge = {
      ...judgeNamed('one'),
      async reply([system]) {
        seen.push(system?.content ?? '');
        return { text: graded('5'), cut: false };
      },
    };
    const result = await grade([row('Elbe')], { rubric }, { first });
    assert.match(seen.join(), /rubric\.\n\nRivers only: 5 for a river, 1 for all else\.\n\n/);
    assert.match(result.grades?.rubric.uri ?? '', /^artifact:\/\/rubric\/[0-9a-f]{64}\/rubric\.txt$/);
    await writeFile(rubric, ' \n');
    await assert.rejects(grade([row('Elbe')], { rubric }), {
      ...{ code: 'InvalidInput', message: /^The rubric .*rubric\.txt is blank\. .*filter\.grade\.rubric/ },
    });
  });

  it('are none where no row is left', async () => {
    const result = await grade([REFUSED], {});
    assert.deepEqual(
      [result.data.rows, result.dropped.rows, result.grades?.byGrade],
      [0, 1, [0, 0, 0, 0, 0]],
    );
  });
});

describe('classes by the judge', () => {
  const withClass = (name: string) => JSON.stringify({ reason: 'Fine.', grade: 5, class: name });

  it('are counted, stand beside the grade, and are held against the rule', async () => {
    const rows = [
      row('29', 'What is 14 plus 15?'),
      row('def f(): pass', 'Write a Python function that does nothing.'),
      row('30', 'What is 14 plus 16?'),
      row('31', 'What is 14 plus 17?'),
    ];
    const names: Record<string, string> = { 29: 'mathematics', 30: 'code', 31: 'poetry' };
    const first = judgeNamed('one', (output) => withClass(names[output] ?? 'code'));
    const { grades } = await grade(rows, { classes: true }, { first });
    const { byClass, unread, same, kappa } = grades?.classes ?? {};
    assert.deepEqual([byClass, unread], [{ mathematics: 1, code: 2 }, 1]);
    assert.deepEqual([same?.share, kappa?.toFixed(3)], [2 / 3, '0.400']);
    const lines = await linesOf(grades?.rows);
    assert.deepEqual(
      lines.map((line) => (line as { graded: { class?: string } }).graded.class),
      ['mathematics', 'code', 'code', undefined],
    );
  });

  it('are null where none was asked for', async () => {
    assert.equal((await grade([row('5')], {})).grades?.classes, null);
  });
});
