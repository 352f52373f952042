import type { IsAsked } from './asked-class.ts';
import { allFamilies } from './catalogue.ts';
import type { Task, TaskFamily } from './family.ts';
import { normaliseInstruction } from './family.ts';
import type { Random } from './random.ts';

export type { Task } from './family.ts';

/**
 * Composes one well-formed task of a family drawn by weight.
 *
 * @param isAsked what it is to be; where no draw is, the last one is taken as it is
 */
export function composeTask(random: Random, language: string = 'en', isAsked: IsAsked | null = null): Task {
  let task = drawFamily(random, language).compose(random);
  for (let draw = 1; draw < MOST_DRAWS && isAsked !== null && !isAsked(task); draw += 1)
    task = drawFamily(random, language).compose(random);
  return task;
}

/** For tasks of a kind; the rarest are one in a hundred. */
const MOST_DRAWS = 500;

/**
 * The right answer of a task that some family can have composed; null where none recognises it. White
 * space at the ends and a trailing colon of the instruction do not matter.
 */
export function rightAnswer(instruction: string, input: string): string | null {
  const normalised = normaliseInstruction(instruction);
  if (normalised.length > LONGEST_INSTRUCTION || input.length > LONGEST_INPUT) return null;
  for (const family of allFamilies()) {
    const answer = family.recognise(normalised, input.trim());
    if (answer !== null) return answer;
  }
  return null;
}

/** The family that an instruction is of that has lost its capitals, and instances of it, no input twice; null where none knows it. */
export function instancesOf(
  instruction: string,
  random: Random,
  most: number,
): { family: TaskFamily; instances: Pick<Task, 'input' | 'output'>[] } | null {
  const normalised = normaliseInstruction(instruction);
  if (normalised.length > LONGEST_INSTRUCTION) return null;
  for (const family of allFamilies()) {
    const first = family.instance(normalised, random);
    if (first === null) continue;
    const instances = new Map([[first.input, first]]);
    for (let draw = 1; family.hasInput && draw < most; draw += 1) {
      const next = family.instance(normalised, random);
      if (next) instances.set(next.input, next);
    }
    return { family, instances: [...instances.values()] };
  }
  return null;
}

/** Characters; no family composes longer ones, and matching a very long text would take long for nothing. */
const LONGEST_INSTRUCTION = 400;
const LONGEST_INPUT = 1200;

/** One of a language's families, by weight. */
export function drawFamily(random: Random, language: string): TaskFamily {
  const candidates = allFamilies().filter((family) => family.language === language);
  let left = random.next() * candidates.reduce((sum, family) => sum + family.weight, 0);
  for (const family of candidates) {
    left -= family.weight;
    if (left < 0) return family;
  }
  return random.pick(candidates);
}
