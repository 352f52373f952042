import type { Command } from 'commander';
import { RECIPES } from '../recipe/layers.ts';

/** The options that shape a run's input. */
export function runInputOptions(command: Command): Command {
  return command
    .argument('[recipe]', `a file, YAML or JSON, or a recipe of this package: ${RECIPES.join(', ')}`)
    .option('--teacher <name>', 'teacher profile (default: offline, which is free)')
    .option(
      '--budget <usd>',
      'the most that the run may spend, in dollars; needed where a teacher costs money',
    )
    .option('--target <n>', 'accepted instructions to reach (default: 2000)')
    .option('--seed-tasks <file>', 'your own seed tasks, one JSON object a line')
    .option(
      '--from <file>',
      'data that exists (JSON, JSONL or Parquet, also gzipped, in the recipe’s format) in place of generating',
    )
    .option(
      '--model <model>',
      'the base model: a Hugging Face folder, a GGUF file or OWNER/NAME[@REVISION] of the hub (default: the tiny one)',
    )
    .option('--language <name>', 'a folder of seeds/languages, or one of your own')
    .option('--input <json>', 'the workflow’s input; see schemas/alpaca.input.schema.json')
    .option(
      '--set <path=value>',
      'one field of the input, such as train.epochs=1; a list or an object as JSON; repeat it',
      collect,
      [],
    );
}

/** Of an option that may be given several times. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}
