import { createClassifier } from '../../activities/classes/classifier.ts';
import { countClasses } from '../../activities/classes/count-classes.ts';
import { measureAccuracy } from '../../activities/classes/measured-accuracy.ts';
import { RELEASED } from '../dedupe/corpus.ts';
import { buildRows } from '../tokenize/corpus.ts';

/** `npm run bench -- classes`: how often the classifier is right, class by class, and how long 52,002 rows take. */
export async function benchClasses(): Promise<Record<string, unknown>> {
  const rows = buildRows(RELEASED.rows);
  createClassifier('en');
  const begun = performance.now();
  const counts = countClasses(rows, 'en');
  const seconds = (performance.now() - begun) / 1000;
  return {
    rows: rows.length,
    ...{ secondsAtMost: 15, seconds, classes: counts.length },
    accuracy: { en: await measureAccuracy('en'), ko: await measureAccuracy('ko') },
  };
}
