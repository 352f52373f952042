import type { CardContents } from '../release-contents.ts';
import {
  collection,
  composition,
  type DatasheetQuestion,
  distribution,
  maintenance,
  motivation,
  preparation,
  uses,
} from './datasheet-questions.ts';

/** What stands where the run's facts hold no answer. */
const FILL_IN = '**The releaser must fill this in**: the run does not know it.';

/**
 * The datasheet: the questions that "Datasheets for Datasets" (Gebru and others, 2018) asks of every data
 * set, in our words and its order, each answered from the run's facts or marked for the releaser to answer.
 */
export function datasheet(contents: CardContents): string {
  const sections: [string, DatasheetQuestion[]][] = [
    ['Motivation', motivation(contents)],
    ['Composition', composition(contents)],
    ['Collection', collection(contents)],
    ['Preparation', preparation(contents)],
    ['Uses', uses(contents)],
    ['Distribution', distribution(contents)],
    ['Maintenance', maintenance()],
  ];
  const text = sections.flatMap(([title, questions]) => [
    `## ${title}`,
    ...questions.flatMap(([question, answer]) => [`**${question}**`, answer ?? FILL_IN]),
  ]);
  return `${[`# Datasheet of ${contents.name}`, ...text].join('\n\n')}\n`;
}
