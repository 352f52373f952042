import { builtinPath } from '../../activities/artifacts/builtin.ts';
import { readRows } from '../../activities/artifacts/rows.ts';
import { formatPrompt } from '../../activities/tokenize/templates.ts';
import { createRandom } from '../../workers/offline-teacher/tasks/random.ts';
import { composeTask } from '../../workers/offline-teacher/tasks/tasks.ts';
import { seedTask } from '../../workflows/contracts/data.ts';

/**
 * Prints the text that the tiny model's tokenizer is made from, a JSON string a line: the seed tasks and
 * evaluation instructions of both languages and tasks that the offline teacher composes, in the recipe's
 * templates.
 */
const COMPOSED = { en: 4000, ko: 1000 } as const;

for (const language of ['en', 'ko'] as const) {
  for (const { instruction, instances } of await readRows(builtinPath('seed-tasks', language), seedTask)) {
    for (const { input, output } of instances) print(instruction, input, output);
  }
  const random = createRandom(`tokenizer corpus ${language}`);
  for (let i = 0; i < COMPOSED[language]; i += 1) {
    const { instruction, input, output } = composeTask(random, language);
    print(instruction, input, output);
  }
}

function print(instruction: string, input: string, output: string): void {
  console.log(JSON.stringify(formatPrompt({ instruction, input }) + output));
}
