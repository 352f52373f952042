import { type Command, Option } from 'commander';
import { ggufFormats, releaseInput } from '../../../workflows/contracts/release.ts';
import type { ExportOptions } from '../model/export.ts';
import type { ReleaseOptions } from '../release/release.ts';
import type { MakeOptions, RecoverOptions } from '../release/weight-difference.ts';
import { addSchemaOptions } from '../schema-options.ts';
import { act, type CommonOptions, command } from '../subcommand.ts';
import { openTerminal } from '../terminal.ts';
import { RELEASE_OPTIONS } from './step-options.ts';

/** `alpaca release RUN_OR_DATA`: the folder that a person publishes, and where asked its upload. */
export function addReleaseCommand(program: Command, signal: AbortSignal): void {
  const releases = command(program, 'release', 'write a folder to publish: data, cards, manifest');
  addSchemaOptions(
    releases.argument(
      '<run-or-data>',
      'the workflow id of a run that has ended, or JSON, JSONL or Parquet, also gzipped, in the recipe’s format',
    ),
    releaseInput,
    RELEASE_OPTIONS,
  )
    .option('--validation <share>', 'the share of rows in the split validation (default: 0)')
    .option('--test <share>', 'the share of rows in the split test (default: 0)')
    .option('--votes <rating...>', 'chosen and rejected answers of these `rate` workflows go along')
    .requiredOption('--out <folder>', 'the folder to publish; an earlier release there is replaced')
    .option('--report <file>', 'the report too, one HTML page')
    .option('--upload <owner/name>', 'upload it to this data set repository of the hub (needs HF_TOKEN)')
    .option('--upload-model <owner/name>', 'upload its model to this model repository (needs HF_TOKEN)')
    .option('--public', 'repositories that the upload makes are public; by default they are private')
    .action(async (source: string, options: ReleaseOptions & CommonOptions) =>
      (await import('../release/release.ts')).release(source, options, openTerminal(options), signal),
    );
}

/** `alpaca reproduce DIR`: checks a release against its manifest, claim by claim. */
export function addReproduceCommand(program: Command, signal: AbortSignal): void {
  command(program, 'reproduce', 'check a release against its manifest; exit code 1 where anything differs')
    .argument('<folder>', 'a release')
    .option('--store <store>', 'the store of the run: its steps are done again and compared')
    .option('--train', 'with --store: train again too, and compare the weights')
    .action(async (folder: string, options: CommonOptions & { store?: string; train?: boolean }) =>
      (await import('../release/reproduce.ts')).reproduceRelease(
        folder,
        options,
        openTerminal(options),
        signal,
      ),
    );
}

/** `alpaca export MODEL`: a model in a form that other programs open. */
export function addExportCommand(program: Command): void {
  command(program, 'export', 'write a model for llama.cpp and Ollama: a GGUF file and a Modelfile')
    .argument('<model>', 'a model folder, artifact:// uri or run:WORKFLOW_ID')
    .addOption(
      new Option('--gguf <form>', 'what its matrices are in').choices(ggufFormats).makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'gets both; an earlier export there is replaced')
    .option('--name <name>', 'of the file and in it (default: the folder’s)')
    .action(async (model: string, options: ExportOptions & CommonOptions) =>
      (await import('../model/export.ts')).exportModel(model, options),
    );
}

/** `alpaca weight-diff make|recover`: a tuned model as its difference to a base that may not be handed on. */
export function addWeightDifferenceCommands(program: Command, signal: AbortSignal): void {
  const group = program
    .command('weight-diff')
    .description('hand on a tuned model without the weights of its base');
  command(group, 'make', 'write the difference of a tuned model to its base')
    .requiredOption('--base <model>', 'the model that training started from')
    .requiredOption('--tuned <model>', 'the trained model')
    .requiredOption('--out <folder>', 'gets the difference')
    .action(
      act(async (options: MakeOptions, terminal) =>
        (await import('../release/weight-difference.ts')).make(options, terminal, signal),
      ),
    );
  command(group, 'recover', 'give a tuned model back from its base and the difference, and check it')
    .requiredOption('--base <model>', 'the same base as the difference was made with')
    .requiredOption('--diff <folder>', 'the difference')
    .requiredOption('--out <folder>', 'gets the tuned model')
    .action(
      act(async (options: RecoverOptions, terminal) =>
        (await import('../release/weight-difference.ts')).recover(options, terminal, signal),
      ),
    );
}
