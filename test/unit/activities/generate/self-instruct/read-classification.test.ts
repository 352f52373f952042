import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readClassification } from '../../../../../activities/generate/self-instruct/read-classification.ts';

const completions = { repeatsHeading: false, wrapsList: false, thinkingMarks: null };
const chat = { repeatsHeading: true, wrapsList: true, thinkingMarks: null };

function read(text: string, profile = completions, outcome: 'answered' | 'refused' = 'answered') {
  return readClassification({ text, outcome }, profile);
}

it('a completion says that a task is a classification by one word and nothing else', () => {
  assert.deepEqual(read(' Yes'), { isClassification: true, answer: 'yes', text: ' Yes' });
  assert.deepEqual(read(' No'), { isClassification: false, answer: 'no', text: ' No' });
  assert.deepEqual(read(' Yes.'), { isClassification: false, answer: 'other', text: ' Yes.' });
  assert.deepEqual(read('Perhaps'), { isClassification: false, answer: 'other', text: 'Perhaps' });
});

it('an endpoint that does not stop is stopped here', () => {
  assert.equal(read(' Yes\n\nTask: Name a river.').answer, 'yes');
});

it('a chat model may say the question again, in bold, with a full stop, and go on', () => {
  for (const text of [
    'Yes.',
    '**Yes**',
    'Is it classification? Yes',
    '\n\nyes, because',
    'Task: Sort it.\nIs it classification? **Yes**',
  ])
    assert.deepEqual([read(text, chat).answer, read(text, chat).text], ['yes', text]);
  assert.equal(read('Yesterday', chat).answer, 'other');
  assert.equal(read('No, it is not.', chat).answer, 'no');
});

it('a refusal says neither', () => {
  assert.deepEqual(read('Yes', chat, 'refused'), { isClassification: false, answer: 'other', text: '' });
});
