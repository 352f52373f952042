import { perLanguage } from '../../../activities/artifacts/languages/per-language.ts';
import { classWordsOf } from '../../../activities/classes/class-words.ts';
import { createClassifier } from '../../../activities/classes/classifier.ts';
import type { Task } from './family.ts';

/** Whether a task is of the kind that a prompt asks for. */
export type IsAsked = (task: Pick<Task, 'instruction' | 'input'>) => boolean;

/** The kinds of tasks that a prompt's requirements ask for, or do without, in the words of its language; null where they name none. */
export function askedClass(requirements: string, language: string): IsAsked | null {
  const { asking } = wordsOf(language) ?? {};
  if (asking === undefined) return null;
  const kinds = Object.entries(asking.kinds);
  const classOf = classifierOf(language);
  const only = kinds.find(([, kind]) => requirements.includes(asking.one.replace('{kind}', kind)));
  if (only) return (task) => classOf(task) === only[0];
  const [before = '', after = ''] = asking.none.split('{kinds}');
  const without = requirements.split(before)[1]?.split(after)[0];
  if (without === undefined) return null;
  const named = kinds.filter(([, kind]) => without.split('; ').includes(kind)).map(([name]) => name);
  return (task) => !named.includes(classOf(task));
}

const wordsOf = perLanguage(classWordsOf);
const classifierOf = perLanguage(createClassifier);
