import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzzTeacherAnswers } from './teacher-answers.ts';

it('what a teacher sends back ends as an answer or as a failure with a code, at once and in little memory', async (test) => {
  const outcomes = await fuzzTeacherAnswers({ cases: 200 }, 1);
  test.diagnostic(JSON.stringify(outcomes));
  for (const code of ['answered', 'TeacherMalformed', 'TeacherUnavailable', 'Configuration'])
    assert.ok((outcomes[code] ?? 0) > 0, code);
});
