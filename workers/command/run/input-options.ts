import type { Command } from 'commander';
import { KNOWN_MODEL_NAMES } from '../model/known-models.ts';
import { RECIPES } from '../recipe/layers.ts';

/** The options that shape a run's input. */
export function runInputOptions(command: Command): Command {
  return command
    .argument('[recipe]', `a file, YAML or JSON, or a recipe of this package: ${RECIPES.join(', ')}`)
    .option(
      '--teacher <name>',
      'teacher profile: offline and local are free, openai and your own are not (default: offline)',
    )
    .option(
      '--budget <usd>',
      'the most that the run may spend, in dollars; needed where a teacher costs money',
    )
    .option('--target <n>', 'accepted instructions to reach (default: 2000)')
    .option('--seed-tasks <file>', 'your own seed tasks, one JSON object a line')
    .option(
      '--from <data>',
      'rows that exist in place of generating: JSON, JSONL, CSV or Parquet in the recipe’s format, or hf:OWNER/NAME[@REVISION][#PART] of the hub',
    )
    .option(
      '--model <model>',
      `the base model: a Hugging Face folder, a GGUF file, OWNER/NAME[@REVISION] of the hub, or ${KNOWN_MODEL_NAMES.join(', ')}, which brings a recipe of its own (default: the tiny one)`,
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
