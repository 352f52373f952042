import { perLanguage } from '../../../activities/artifacts/languages/per-language.ts';
import { createClassifier } from '../../../activities/classes/classifier.ts';
import { languageOfRows } from '../../../activities/classes/count-classes.ts';
import { likeness } from './judge.ts';
import { rightAnswer } from './tasks.ts';

/** A row to grade, as a grade prompt shows it. */
export interface RowToGrade {
  instruction: string;
  input: string;
  output: string;
}

/**
 * Finds the row in a prompt that asks for a grade: `<instruction>`, `<input>` (may be missing) and `<output>`, their tags at
 * the start of lines. Null where the text is no such prompt. A text that holds tags itself cannot end its block early.
 */
export function readGrading(prompt: string): RowToGrade | null {
  const found = BLOCKS.exec(prompt)?.groups;
  if (!found) return null;
  const text = (name: string) => (found[name] ?? '').trim();
  return { instruction: text('instruction'), input: text('input'), output: text('output') };
}

const BLOCKS =
  /^<instruction>(?<instruction>[\s\S]*?)<\/instruction>\s*(?:^<input>(?<input>[\s\S]*?)<\/input>\s*)?^<output>(?<output>[\s\S]*)<\/output>/m;

/** Whether a prompt that asks for a grade asks for the instruction's class too. */
export function asksForClass(prompt: string): boolean {
  return /"class": "C"[^\n]*$/.test(prompt.trimEnd());
}

/** By the rule that a run has too: to agree with it says nothing. */
export function classOf(row: RowToGrade): string {
  return classifierOf(languageOfRows([row]))(row);
}

const classifierOf = perLanguage(createClassifier);

/** Half of the right words or more. */
const PARTLY = 0.45;

/**
 * Grades by the computed truth where a family knows the task: 5 for the right answer, 4 where it is right but for case,
 * punctuation or white space, 2 where it has half of the words, and 1 else. 3 where no family knows it: this teacher
 * understands nothing.
 */
export function gradeRow({ instruction, input, output }: RowToGrade): { reason: string; grade: number } {
  const truth = rightAnswer(instruction, input)?.trim();
  if (truth === undefined) return { reason: 'No family knows this task.', grade: 3 };
  if (output === truth) return { reason: 'It is the right answer.', grade: 5 };
  if (plain(output) === plain(truth) && plain(truth) !== '')
    return { reason: 'It is the right answer but for its form.', grade: 4 };
  const reason = 'It is not the right answer.';
  return { reason, grade: likeness(output, truth) >= PARTLY ? 2 : 1 };
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}
