import { z } from 'zod';
import type { SeedTask } from '../../../workflows/contracts/data.ts';
import { collapseWhitespace, strip } from '../parse/python-text.ts';
import { drawShownInstructions, SHOWN_INSTRUCTIONS } from './draw.ts';
import { chooseFewShot } from './few-shot.ts';
import { LONGEST_INSTRUCTION_BYTES } from './read-instructions.ts';

/** What `seeds/languages/LANGUAGE/self-instruct.json` holds: what each kind of prompt begins with. */
export const selfInstructTexts = z.strictObject({
  instructions: z.string().min(1),
  classification: z.string().min(1),
  outputFirst: z.string().min(1),
  inputFirst: z.string().min(1),
});
export type SelfInstructTexts = z.infer<typeof selfInstructTexts>;

/** The prompts of a run by Self-Instruct, each a function of the run's seed, its seed tasks and the arguments. */
export interface SelfInstructPrompts {
  /**
   * Asks to go on with a numbered list of eight instructions.
   *
   * @param prompt the prompt's number within its request, from 0
   * @param seen the accepted instructions that the request may see, in the order of their acceptance
   */
  instructions(request: number, prompt: number, seen: readonly string[]): string;
  /** Asks whether a task is a classification. */
  classification(instruction: string): string;
  /** Asks for instances of a task: of a classification the output first, else the input. */
  instances(instruction: string, isClassification: boolean): string;
  /** A prompt at least as long in bytes as any of its stage; an instruction has `LONGEST_INSTRUCTION_BYTES` at the most. */
  longest(stage: 'instructions' | 'classification' | 'instances'): string;
}

/** @throws AlpacaError InvalidInput where there are fewer than eight seed tasks, from the first prompt on */
export function createSelfInstructPrompts(
  runSeed: number,
  tasks: readonly SeedTask[],
  texts: SelfInstructTexts,
): SelfInstructPrompts {
  const humans = tasks.map(({ instruction }) => instruction);
  const fewShot = chooseFewShot(tasks);
  const classification = opening(texts.classification, fewShot.classification.map(questionOf));
  const outputFirst = opening(texts.outputFirst, fewShot.outputFirst.map(labelsOf));
  const inputFirst = opening(texts.inputFirst, fewShot.inputFirst.map(examplesOf));
  const askLabel = (instruction: string) => `${classification}${question(instruction)}`;
  const askInstances = (instruction: string, isClassification: boolean) =>
    `${isClassification ? outputFirst : inputFirst}${heading(instruction)}`;
  const anyInstruction = 'a'.repeat(LONGEST_INSTRUCTION_BYTES);
  return {
    instructions: (request, prompt, seen) =>
      numbered(texts.instructions, drawShownInstructions({ runSeed, request, prompt }, humans, seen)),
    classification: askLabel,
    instances: askInstances,
    longest(stage) {
      if (stage === 'classification') return askLabel(anyInstruction);
      if (stage === 'instances')
        return longer(askInstances(anyInstruction, true), askInstances(anyInstruction, false));
      const byLength = humans.toSorted((a, b) => Buffer.byteLength(b) - Buffer.byteLength(a));
      const shown = [anyInstruction, anyInstruction, ...byLength].slice(0, SHOWN_INSTRUCTIONS);
      const ofPeople = byLength.slice(0, SHOWN_INSTRUCTIONS);
      return longer(numbered(texts.instructions, shown), numbered(texts.instructions, ofPeople));
    },
  };
}

function longer(one: string, other: string): string {
  return Buffer.byteLength(one) > Buffer.byteLength(other) ? one : other;
}

/** The number of the instruction that an answer goes on from. */
const NEXT_INSTRUCTION = SHOWN_INSTRUCTIONS + 1;

function numbered(text: string, instructions: readonly string[]): string {
  const lines = instructions.map((instruction, index) => `${index + 1}. ${oneLine(instruction)}\n`);
  return `${text}\n${lines.join('')}${NEXT_INSTRUCTION}.`;
}

function oneLine(instruction: string): string {
  return strip(collapseWhitespace(instruction)).replace(/:+$/, '');
}

function opening(text: string, examples: readonly string[]): string {
  return [text, ...examples, ''].join('\n\n');
}

function heading(instruction: string): string {
  return `Task: ${strip(instruction)}\n`;
}

function question(instruction: string): string {
  return `${heading(instruction)}Is it classification?`;
}

function questionOf({ instruction, is_classification }: SeedTask): string {
  return `${question(instruction)} ${is_classification ? 'Yes' : 'No'}`;
}

function labelsOf({ instruction, instances }: SeedTask): string {
  const labels = instances.map(
    ({ input, output }) => `Class label: ${output}${input === '' ? '' : `\n${input}`}`,
  );
  return `${heading(instruction)}${labels.join('\n')}`;
}

function examplesOf({ instruction, instances }: SeedTask): string {
  const examples = instances.map(({ input, output }, index) =>
    input === '' ? `Output: ${output}` : `Example ${index + 1}\nInput: ${input}\nOutput: ${output}`,
  );
  return `${heading(instruction)}${examples.join('\n')}`;
}
