import { it } from 'node:test';
import { fuzzMinutes } from '../minutes.ts';
import { fuzzTeacherAnswers } from '../teacher-answers.ts';

const minutes = fuzzMinutes();

it(`the door of a teacher's answers takes whatever comes for ${minutes} minutes`, {
  timeout: (minutes + 2) * 60_000,
}, async (test) => {
  const seed = Date.now() | 0;
  test.diagnostic(`seed ${seed}`);
  test.diagnostic(JSON.stringify(await fuzzTeacherAnswers({ minutes }, seed)));
});
