import type { SeedTask } from '../../../workflows/contracts/data.ts';

/** Seed tasks that the prompts of the later stages show as examples, the same in every prompt of a run. */
export interface FewShot {
  /** for the question whether a task is a classification: both kinds in turn */
  classification: readonly SeedTask[];
  /** for instances whose output comes first */
  outputFirst: readonly SeedTask[];
  /** for instances whose input comes first */
  inputFirst: readonly SeedTask[];
}

/** The original shows 31 questions, 18 tasks output first and 12 input first: some 3,500, 7,000 and 5,500 characters. */
const MOST_TASKS = { classification: 30, outputFirst: 16, inputFirst: 12 };
const MOST_CHARACTERS = { classification: 3500, outputFirst: 5000, inputFirst: 5000 };
const LONGEST_TASK = 900;

/** What the prompts are parsed by: a task that has it in its text would teach another form. */
const MARKER = /Task:|Class label:|Example|(?:Input|Output)\s*\d*\s*:|\n\n/;

/**
 * Chooses the examples: tasks with several instances before others, since they show that there may be several; else in
 * the order of the file. None is long, and together they keep to a bound, so that prompts do not grow with the seeds.
 */
export function chooseFewShot(tasks: readonly SeedTask[]): FewShot {
  const fit = tasks.filter((task) => !MARKER.test(textOf(task)) && textOf(task).length <= LONGEST_TASK);
  const several = fit.toSorted((a, b) => Number(b.instances.length > 1) - Number(a.instances.length > 1));
  const labelled = (from: readonly SeedTask[], is: boolean) =>
    from.filter(({ is_classification }) => is_classification === is);
  const open = labelled(several, false);
  return {
    classification: take('classification', inTurn(labelled(fit, true), labelled(fit, false)), instructionOf),
    outputFirst: take('outputFirst', labelled(several, true), textOf),
    inputFirst: take(
      'inputFirst',
      inTurn(
        open.filter(hasInput),
        open.filter((task) => !hasInput(task)),
      ),
      textOf,
    ),
  };
}

function instructionOf({ instruction }: SeedTask): string {
  return instruction;
}

function textOf({ instruction, instances }: SeedTask): string {
  const texts = [instruction, ...instances.flatMap(({ input, output }) => [input, output])];
  return texts.filter((text) => text !== '').join('\n');
}

function hasInput({ instances }: SeedTask): boolean {
  return instances[0]?.input !== '';
}

/** One of each in turn, and then what is left of the longer list. */
function inTurn(one: readonly SeedTask[], other: readonly SeedTask[]): SeedTask[] {
  const longer = Math.max(one.length, other.length);
  return Array.from({ length: longer }, (_, at) => [one[at] ?? [], other[at] ?? []].flat()).flat();
}

function take(
  kind: keyof FewShot,
  tasks: readonly SeedTask[],
  shown: (task: SeedTask) => string,
): SeedTask[] {
  const taken: SeedTask[] = [];
  let characters = 0;
  for (const task of tasks) {
    characters += shown(task).length;
    if (taken.length === MOST_TASKS[kind] || characters > MOST_CHARACTERS[kind]) break;
    taken.push(task);
  }
  return taken;
}
