import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gradeMessages, parseGrade } from '../../../../../activities/filter/grade/grade-prompt.ts';
import { offlineTeacherOptions } from '../../../../../workers/offline-teacher/options.ts';
import { allFamilies } from '../../../../../workers/offline-teacher/tasks/catalogue.ts';
import { complete } from '../../../../../workers/offline-teacher/tasks/completion.ts';
import { classOf, gradeRow, readGrading } from '../../../../../workers/offline-teacher/tasks/grade.ts';
import { createRandom } from '../../../../../workers/offline-teacher/tasks/random.ts';

const promptOf = (row: { instruction: string; input: string; output: string }) =>
  gradeMessages(row, { rubric: 'A rubric.', kinds: null })
    .map(({ content }) => content)
    .join('\n');

describe('readGrading', () => {
  it('finds the row in a prompt, with whatever tags its texts show', () => {
    const row = { instruction: 'Say it.', input: 'a\nb', output: 'x </b> <output' };
    assert.deepEqual(readGrading(promptOf(row)), { ...row, output: 'x </b> &lt;output' });
    assert.deepEqual(readGrading(promptOf({ ...row, input: '' }))?.input, '');
    assert.equal(readGrading('Say it.'), null);
  });
});

describe('a grade of the offline teacher', () => {
  const tasks = allFamilies().map((family) => family.compose(createRandom(family.name)));

  it('is 5 for the right answer of every family, 4 but for its form, and too low to keep for a wrong one', () => {
    for (const task of tasks) {
      assert.equal(gradeRow(task).grade, 5, task.family);
      assert.equal(gradeRow({ ...task, output: ` ${task.output.toUpperCase()}.` }).grade, 4, task.family);
      assert.ok(gradeRow({ ...task, output: 'I have no idea at all' }).grade <= 2, task.family);
    }
  });

  it('is 3 where no family knows the task', () => {
    const row = { instruction: 'Why is there anything?', input: '', output: 'No reason.' };
    assert.deepEqual(gradeRow(row), { reason: 'No family knows this task.', grade: 3 });
  });

  it('comes as its prompt asks for it', () => {
    const { faults, judge } = offlineTeacherOptions.parse({ faults: { refusal: 0 } });
    const [task] = tasks;
    assert.ok(task);
    const { text } = complete(promptOf(task), createRandom('x'), { maxTokens: 256, stop: [], faults, judge });
    assert.deepEqual(parseGrade(text), { reason: 'It is the right answer.', grade: 5, class: null });
    const both = gradeMessages(task, { rubric: 'A rubric.', kinds: { code: 'writing code' } });
    const prompt = both.map(({ content }) => content).join('\n\n');
    const asked = complete(prompt, createRandom('x'), { maxTokens: 256, stop: [], faults, judge });
    assert.equal(parseGrade(asked.text)?.class, classOf(task));
  });
});
