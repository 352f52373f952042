import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askedClass } from '../../../../../workers/offline-teacher/tasks/asked-class.ts';

describe('the kind of tasks that a prompt asks for', () => {
  const code = { instruction: 'Write a Python function that adds two numbers.', input: '', output: '' };
  const sum = { instruction: 'What is 14 plus 29?', input: '', output: '' };

  it('is one, where the requirements say that every further task is of it', () => {
    const isAsked = askedClass(
      'Further tasks.\n\nEvery further task of the collection is of one kind: writing, explaining or mending program code.',
      'en',
    );
    assert.deepEqual([isAsked?.(code), isAsked?.(sum)], [true, false]);
  });

  it('is all others, where they name those that it must not be of', () => {
    const isAsked = askedClass(
      'No further task of the collection is of one of these kinds: coming up with a list of ideas; calculating, or solving a problem in mathematics.',
      'en',
    );
    assert.deepEqual([isAsked?.(code), isAsked?.(sum)], [true, false]);
  });

  it('is any, where they name none, or in a language that has no words for it', () => {
    assert.equal(askedClass('Write 20 tasks.', 'en'), null);
    assert.equal(askedClass('Every further task of the collection is of one kind: code.', 'es'), null);
  });
});
