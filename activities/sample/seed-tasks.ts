import type { EvaluationInstruction, SeedTask } from '../../workflows/contracts/data.ts';
import { AlpacaError } from '../errors.ts';

/** What a set of seed tasks is made of. */
export interface SeedTaskCounts {
  tasks: number;
  classification: number;
  /** tasks whose first instance, the one that prompts show, has an empty input */
  withoutInput: number;
}

/**
 * Checks what no single row can show, and counts the set. The original has 175 tasks, 26 of them
 * classification and 50 without input (recipe, section 1).
 *
 * @param source the name of the set in messages
 * @throws AlpacaError `InvalidInput` for an empty set, a blank instruction or an id that occurs twice
 */
export function checkSeedTasks(tasks: readonly SeedTask[], source: string): SeedTaskCounts {
  refuseBadSet(tasks, source, 'seed task');
  return {
    tasks: tasks.length,
    classification: tasks.filter((task) => task.is_classification).length,
    withoutInput: tasks.filter((task) => task.instances[0]?.input === '').length,
  };
}

/**
 * The same for evaluation instructions.
 *
 * @throws AlpacaError `InvalidInput`, as `checkSeedTasks`
 */
export function checkEvaluationInstructions(
  instructions: readonly EvaluationInstruction[],
  source: string,
): void {
  refuseBadSet(instructions, source, 'evaluation instruction');
}

function refuseBadSet(rows: readonly { id: string; instruction: string }[], source: string, what: string) {
  if (rows.length === 0) {
    throw new AlpacaError('InvalidInput', `${source} holds no ${what}.`, {
      remedy: `Give it at least one ${what}, as a JSON object on a line of its own.`,
    });
  }
  const firstWith = new Map<string, number>();
  for (const [index, { id, instruction }] of rows.entries()) {
    const earlier = firstWith.get(id);
    if (earlier !== undefined) {
      throw new AlpacaError(
        'InvalidInput',
        `${source}: the id "${id}" occurs twice, in rows ${earlier + 1} and ${index + 1}.`,
        { remedy: 'Give each row an id of its own.' },
      );
    }
    if (instruction.trim() === '') {
      throw new AlpacaError('InvalidInput', `${source}: the instruction of "${id}" is blank.`, {
        remedy: 'Write one, or take the row out.',
      });
    }
    firstWith.set(id, index);
  }
}
