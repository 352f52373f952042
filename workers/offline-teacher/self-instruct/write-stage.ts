import type { Task } from '../tasks/family.ts';
import { type ContentFaults, contentOf, drawTaskFault } from '../tasks/faults.ts';
import type { Random } from '../tasks/random.ts';
import { composeTask, instancesOf } from '../tasks/tasks.ts';
import type { StagePrompt } from './read-prompt.ts';

/** A list goes on to here: the recipe's stops end it before. */
const LAST_INSTRUCTION = 16;

/** Inputs that are tried for one instruction, and instances that are written of it where its answers are not labels. */
const MOST_INPUTS = 8;
const MOST_EXAMPLES = 3;

/** The answer to a prompt of Self-Instruct; null where no family knows the instruction and it is no yes or no. */
export function writeStage(prompt: StagePrompt, random: Random, faults: ContentFaults): string | null {
  if (prompt.stage === 'instructions') return writeInstructions(prompt.next, prompt.language, random, faults);
  if (prompt.stage === 'classification')
    return instancesOf(prompt.instruction, random, 1)?.family.isClassification ? ' Yes' : ' No';
  const known = instancesOf(prompt.instruction, random, MOST_INPUTS);
  if (known === null) return null;
  return prompt.stage === 'outputFirst'
    ? writeLabels(known.instances, random, faults)
    : writeExamples(known.instances.slice(0, random.integer(1, MOST_EXAMPLES)), random, faults);
}

type Instance = Pick<Task, 'input' | 'output'>;

/** Instructions from behind the first number on, with the faults that are of their words. */
function writeInstructions(next: number, language: string, random: Random, faults: ContentFaults): string {
  const earlier: Task[] = [];
  const lines: string[] = [];
  for (let number = next; number <= Math.max(next, LAST_INSTRUCTION); number += 1) {
    const task = composeTask(random, language);
    const fault = drawTaskFault(random, faults);
    const { instruction } = contentOf(task, fault, earlier, random);
    lines.push(
      `${number > next || random.chance(faults.repeatedHeading) ? `${number}.` : ''} ${instruction}`,
    );
    if (fault === null) earlier.push(task);
  }
  return lines.join('\n');
}

/** An input under each label, once each. */
function writeLabels(instances: readonly Instance[], random: Random, faults: ContentFaults): string {
  const byLabel = new Map(instances.toReversed().map((instance) => [instance.output, instance]));
  return [...byLabel.values()]
    .toReversed()
    .map(({ input, output }) => {
      const label = drawTaskFault(random, faults) === 'missingOutput' ? '' : ` ${output}`;
      return `Class label:${label}${input === '' ? '' : `\n${input}`}`;
    })
    .join('\n');
}

/** Examples with the faults that are of their form: no output, or one that breaks off before it begins. */
function writeExamples(instances: readonly Instance[], random: Random, faults: ContentFaults): string {
  return instances
    .map(({ input, output }, index) => {
      const fault = drawTaskFault(random, faults);
      const said = fault === 'missingOutput' ? '' : fault === 'truncatedTask' ? ' Answer:' : ` ${output}`;
      return input === '' ? `Output:${said}` : `Example ${index + 1}\nInput: ${input}\nOutput:${said}`;
    })
    .join('\n');
}
