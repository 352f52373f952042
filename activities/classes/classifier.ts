import { type InstructionClass, instructionClass } from '../../workflows/contracts/data/classes.ts';
import type { RecipeRow } from '../../workflows/contracts/data.ts';
import { type ClassWords, classWordsOf } from './class-words.ts';
import { hasCode, hasSum, numbersIn } from './shape.ts';

export type Classify = (row: Pick<RecipeRow, 'instruction' | 'input'>) => InstructionClass;

/** Characters of an instruction and of an input that are read: the rest says nothing of what is asked. */
const READ = 600;

const BEGINS = 4;
const SAYS = 3;
const HINTS = 1;

/** Their words are said of little else. */
const SURE: ReadonlySet<InstructionClass> = new Set(['code', 'mathematics', 'summarization']);

/** Ties go to the first: what is rarer by accident stands before what is said of many things. */
const ORDER: readonly InstructionClass[] = [
  'code',
  'other',
  'mathematics',
  'summarization',
  'classification',
  'extraction',
  'rewriting',
  'chat',
  'brainstorming',
  'closed-question-answering',
  'open-generation',
  'open-question-answering',
];

/**
 * A classifier of instructions by their words and shape: each class adds up what speaks for it, and the highest sum
 * decides. A rule, not a reading: `measured-accuracy.ts` says how often it is right. Where a language has no words
 * for it, every instruction is `other`.
 */
export function createClassifier(language: string): Classify {
  const words = classWordsOf(language);
  return words === null ? () => 'other' : classifierOf(words);
}

function classifierOf({ openings, questions, classes }: ClassWords): Classify {
  const opening = startPattern(openings);
  const question = new RegExp(`(?:${startPattern(questions).source}|\\?\\s*$)`, 'i');
  const matchers = instructionClass.options.map((name) => ({
    name,
    begins: startPattern(classes[name].begins),
    says: anywherePattern(classes[name].says),
    hints: anywherePattern(classes[name].hints),
  }));
  return ({ instruction, input }) => {
    const whole = instruction.slice(0, READ).toLowerCase();
    const text = whole.replace(opening, '').trimStart();
    const given = input.slice(0, READ);
    const scores = new Map<InstructionClass, number>();
    for (const { name, begins, says, hints } of matchers)
      scores.set(
        name,
        (begins.test(text) ? BEGINS : 0) +
          (SAYS + (SURE.has(name) ? 2 : 0)) * found(text, says, 2) +
          HINTS * found(text, hints, 3),
      );
    const add = (name: InstructionClass, points: number) =>
      scores.set(name, (scores.get(name) ?? 0) + points);
    if (hasCode(given) || hasCode(instruction)) add('code', 4);
    if (hasSum(instruction) || hasSum(given)) add('mathematics', 3);
    const numbers = numbersIn(whole) + numbersIn(given);
    if (numbers === 0) add('mathematics', -3);
    else if (numbersIn(whole) > 1) add('mathematics', 2);
    const isQuestion = question.test(text);
    if (given === '') {
      // What there is nothing for cannot be asked of it.
      for (const name of ['closed-question-answering', 'extraction'] as const) scores.set(name, 0);
      add('rewriting', -2);
      if (isQuestion) add('open-question-answering', 2);
    } else {
      add('chat', -2);
      add('brainstorming', -2);
      add('open-question-answering', -3);
      if (isQuestion) add('closed-question-answering', 4);
    }
    return best(scores);
  };
}

function best(scores: ReadonlyMap<InstructionClass, number>): InstructionClass {
  let [name, most]: [InstructionClass, number] = ['other', 0];
  for (const candidate of ORDER) {
    const score = scores.get(candidate) ?? 0;
    if (score > most) [name, most] = [candidate, score];
  }
  return name;
}

const NEVER = /(?!)/;

function alternatives(list: readonly string[]): string {
  return list.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|');
}

/** At the beginning, whole words of Latin letters. */
function startPattern(list: readonly string[]): RegExp {
  return list.length === 0 ? NEVER : new RegExp(`^(?:${alternatives(list)})(?![a-z0-9])`);
}

/**
 * At the beginning of a word of Latin letters, or all of one where it is as short as "i" and "us"; Korean puts words
 * together without a space, so there anywhere.
 */
function anywherePattern(list: readonly string[]): RegExp {
  if (list.length === 0) return NEVER;
  const short = list.filter((text) => /^[a-z]{1,3}$/.test(text));
  const long = list.filter((text) => !short.includes(text));
  const choices = [
    ...(short.length > 0 ? [`(?:${alternatives(short)})(?![a-z0-9])`] : []),
    ...(long.length > 0 ? [alternatives(long)] : []),
  ];
  return new RegExp(`(?<![a-z0-9])(?:${choices.join('|')})`, 'g');
}

/** How many phrases stand in a text, up to `most`. */
function found(text: string, pattern: RegExp, most: number): number {
  let count = 0;
  for (pattern.lastIndex = 0; count < most && pattern.test(text); ) count += 1;
  return count;
}
