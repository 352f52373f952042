import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { LENGTH_CONTROLS } from '../../../activities/evaluate/winrate/length-controlled/length-controlled.ts';
import { dedupeSettings } from '../../../workflows/contracts/dedupe.ts';
import { evaluateInput } from '../../../workflows/contracts/evaluate.ts';
import { filterInput } from '../../../workflows/contracts/filter.ts';
import { generateInput } from '../../../workflows/contracts/generate.ts';
import { tokenizeInput } from '../../../workflows/contracts/tokenize.ts';
import { trainInput } from '../../../workflows/contracts/train.ts';
import { KNOWN_MODEL_NAMES } from '../model/known-models.ts';
import { UsageError } from '../outcome.ts';
import { makeFolderOf, requireKnownEnding } from '../outputs.ts';
import { addSchemaOptions } from '../schema-options.ts';
import type { PairsOptions } from '../steps/pairs.ts';
import type { WinRateOptions } from '../steps/winrate.ts';
import { act, type CommonOptions, command } from '../subcommand.ts';
import { openTerminal } from '../terminal.ts';
import {
  CANDIDATE_FORMS,
  COMPLETE_OPTIONS,
  completionSettings,
  DEDUPE_OPTIONS,
  EVALUATE_OPTIONS,
  FILTER_OPTIONS,
  GENERATE_OPTIONS,
  LOSS_OPTIONS,
  PLAN_MEMORY_OPTIONS,
  PRETRAIN_OPTIONS,
  PRETRAIN_TEXT_OPTIONS,
  PRICE_OPTION,
  planMemorySettings,
  pretrainInput,
  TOKENIZE_OPTIONS,
  TRAIN_OPTIONS,
} from './step-options.ts';

const ADAPTER_OPTION = ['--adapter <folder>', 'a PEFT folder with a LoRA adapter of the model'] as const;
const MODEL_FORMS = `a Hugging Face folder, a GGUF file, OWNER/NAME[@REVISION] of the hub, or ${KNOWN_MODEL_NAMES.join(', ')}`;
const DATA_ARGUMENT =
  'JSON, JSONL, CSV or Parquet in the recipe’s format, or hf:OWNER/NAME[@REVISION][#PART] of the hub';

/** Each step by itself, on files and without a server. DATA is rows in the recipe's format, or `builtin`. */
export function addStepCommands(program: Command, signal: AbortSignal): void {
  program.hook('preAction', makeOutputFolders);
  addSchemaOptions(
    command(program, 'generate', 'generate rows with a teacher'),
    generateInput,
    GENERATE_OPTIONS,
  )
    .requiredOption(
      '--out <file>',
      'the rows: .json for the recipe’s form, .csv, .parquet, else JSONL with provenance',
    )
    .option('--budget <usd>', 'the most that may be spent; needed where the teacher costs money')
    .option(...PRICE_OPTION)
    .option('--yes', 'do not ask before a paid teacher is used')
    .action(
      act(async (options: Options<'out'>, terminal) =>
        (await import('../steps/generate.ts')).generate(options, terminal, signal),
      ),
    );

  const dedupes = command(program, 'dedupe', 'drop rows that resemble earlier ones (ROUGE-L)');
  addSchemaOptions(
    dedupes.argument('<data>', `${DATA_ARGUMENT}; - is standard input`),
    dedupeSettings,
    DEDUPE_OPTIONS,
  )
    .requiredOption('--out <file>', 'the kept rows: .json for a JSON array, else JSONL')
    .option('--rejected <file>', 'the rejected rows, each with the one it resembles and the score')
    .option('--against <file>', 'rows or seed tasks that count as accepted before the first row')
    .option('--field <name>', 'the field whose text is compared', 'instruction')
    .option('--embedding-teacher <name>', 'drop semantic duplicates too, by this profile’s embeddings')
    .option('--embedding-threshold <number>', 'reject when a cosine is strictly greater (default: 0.9)')
    .option('--embedding-model <name>', 'another model than the profile’s, where embedding is free')
    .option('--budget <usd>', 'the most that may be spent; needed where embedding costs money')
    .option('--yes', 'do not ask before a paid teacher is used')
    .option('--skip-bad-rows', 'leave bad rows out, with their number, in place of failing')
    .action(
      withData(async (data, options: Options<'out' | 'field'>, terminal) =>
        (await import('../steps/dedupe.ts')).dedupe(data, options, terminal, signal),
      ),
    );

  const filters = command(program, 'filter', 'drop rows with faults, and rows that overlap given files');
  addSchemaOptions(filters.argument('<data>', DATA_ARGUMENT), filterInput, FILTER_OPTIONS)
    .requiredOption('--out <file>', 'the kept rows: .json for the recipe’s form, .csv, .parquet, else JSONL')
    .option('--dropped <file>', 'the dropped rows, JSONL, each with its place and why')
    .option(
      '--against <file...>',
      'files that rows must not overlap; `builtin` is the evaluation instructions',
    )
    .option('--words <n>', 'words in the same order that are an overlap, or null (default: 13)')
    .option('--rouge-l <number>', 'ROUGE-L F1 above which it is one, or null (default: 0.7)')
    .option('--grade-judge <name>', 'drop rows that this teacher profile grades low, from 1 to 5')
    .option('--grade-least <grade>', 'rows with a lower one are dropped (default: 3)')
    .option('--grade-ungraded <what>', 'keep or drop rows without a grade that can be read (default: keep)')
    .option('--grade-rubric <file>', 'a text that says what each grade is for, in place of the package’s')
    .option('--grade-verdict-tokens <n>', 'the most tokens of a grade with its reason (default: 256)')
    .option('--grade-classes', 'it says of which class each instruction is, too')
    .option(
      '--grade-second <name>',
      'a profile of another model that grades a sample, to see how far both agree',
    )
    .option('--grade-sample <n>', 'how many rows it grades (default: 100)')
    .option('--graded <file>', 'the rows that were graded, JSONL, each with its grade and the reason')
    .option('--budget <usd>', 'the most that may be spent; needed where grades cost money')
    .option(...PRICE_OPTION)
    .option('--yes', 'do not ask before a paid teacher is used')
    .action(
      withData(async (data, options: Options<'out'>, terminal) =>
        (await import('../steps/filter.ts')).filter(data, options, terminal, signal),
      ),
    );

  const tokenizes = command(program, 'tokenize', 'turn rows into masked tokens').argument(
    '<data>',
    DATA_ARGUMENT,
  );
  addSchemaOptions(tokenizes, tokenizeInput, TOKENIZE_OPTIONS)
    .requiredOption('--out <folder>', 'gets the Parquet files and the prepared model')
    .action(
      withData(async (data, options: Options<'out'>, terminal) =>
        (await import('../steps/tokenize.ts')).tokenize(data, options, terminal, signal),
      ),
    );

  const trains = command(program, 'train', 'train a model on rows');
  addSchemaOptions(addSchemaOptions(trains, tokenizeInput, TOKENIZE_OPTIONS), trainInput, TRAIN_OPTIONS)
    .requiredOption('--data <file>', `the rows: ${DATA_ARGUMENT}`)
    .requiredOption('--out <folder>', 'gets model/, metrics.jsonl, and adapter/ with LoRA')
    .action(
      act(async (options: Options<'data' | 'out'>, terminal) =>
        (await import('../steps/train.ts')).train(options, terminal, signal),
      ),
    );

  const pretrains = command(program, 'pretrain', 'train a model on plain text, from random weights or on');
  addSchemaOptions(
    addSchemaOptions(pretrains, tokenizeInput, PRETRAIN_TEXT_OPTIONS),
    pretrainInput,
    PRETRAIN_OPTIONS,
  )
    .requiredOption(
      '--data <file>',
      'a .txt file with blank lines between texts, or rows with a field `text`',
    )
    .requiredOption('--out <folder>', 'gets model/, metrics.jsonl, and adapter/ with LoRA')
    .action(
      act(async (options: Options<'data' | 'out'>, terminal) =>
        (await import('../model/pretrain.ts')).pretrain(options, terminal, signal),
      ),
    );

  const plans = command(program, 'plan-memory', 'what memory a training takes, layer by layer');
  addSchemaOptions(plans, planMemorySettings, PLAN_MEMORY_OPTIONS)
    .requiredOption('--model <model>', `${MODEL_FORMS}; its config.json is enough`)
    .action(
      act(async (options: Options<'model'>, terminal) =>
        (await import('../steps/plan-memory.ts')).planMemoryOf(options, terminal),
      ),
    );

  addSchemaOptions(command(program, 'loss', 'measure a model’s loss on rows'), tokenizeInput, LOSS_OPTIONS)
    .requiredOption('--data <file>', `the rows: ${DATA_ARGUMENT}`)
    .option(...ADAPTER_OPTION)
    .action(
      act(async (options: Options<'data'>, terminal) =>
        (await import('../steps/loss.ts')).loss(options, terminal, signal),
      ),
    );

  const completes = command(program, 'complete', 'let a model continue a prompt');
  addSchemaOptions(completes, completionSettings, COMPLETE_OPTIONS)
    .option('--model <model>', MODEL_FORMS, 'builtin')
    .option(...ADAPTER_OPTION)
    .option('--prompt <text>', 'continued as it stands')
    .option('--instruction <text>', 'put into the recipe’s template')
    .option('--input <text>', 'the instruction’s input')
    .option('--greedy', 'the likeliest token each time')
    .action(
      act(async (options: Options<'model'>, terminal) =>
        (await import('../steps/complete.ts')).complete(options, terminal, signal),
      ),
    );

  addSchemaOptions(
    command(program, 'evaluate', 'compare models, teachers and files of answers'),
    evaluateInput,
    EVALUATE_OPTIONS,
  )
    .requiredOption('--a <candidate>', CANDIDATE_FORMS)
    .requiredOption('--b <candidate>', 'the same, to compare with')
    .option('--with <candidate...>', 'more of them')
    .option('--instructions <file>', 'Self-Instruct’s JSONL or AlpacaEval’s form', 'builtin')
    .option('--training-rows <file>', 'leave out instructions that resemble one of these rows')
    .requiredOption('--out <folder>', 'gets the files of answers, the annotations and the result')
    .option('--budget <usd>', 'the most that may be spent; needed where a teacher costs money')
    .option(...PRICE_OPTION)
    .option('--yes', 'do not ask before a paid teacher is used')
    .action(
      act(async (options: Options<'a' | 'b' | 'instructions' | 'out'>, terminal) =>
        (await import('../steps/evaluate.ts')).evaluate(options, terminal, signal),
      ),
    );

  command(program, 'winrate', 'the win rate of an annotation file, with its interval')
    .argument('<annotations>', 'a JSON file of `evaluate`, or of AlpacaEval')
    .addOption(
      new Option('--length-controlled [form]', 'the length-controlled win rate too').choices(LENGTH_CONTROLS),
    )
    .option('--gamed-baselines <file>', 'AlpacaEval’s df_gamed.csv, which length_controlled_v1 needs')
    .option(
      '--instruction-difficulty <file>',
      'AlpacaEval’s instruction_difficulty.csv; length_controlled_noreg needs it or the other',
    )
    .action(
      withData(async (path, options: WinRateOptions, terminal) =>
        (await import('../steps/winrate.ts')).winrate(path, options, terminal),
      ),
    );

  command(program, 'pairs', 'chosen and rejected answers for DPO trainers, from verdicts, votes and grades')
    .argument(
      '<source...>',
      'annotation files, graded rows, and ids of `alpaca`, `evaluate`, `rate` and `filter` workflows',
    )
    .requiredOption('--out <file>', 'rows with prompt, chosen, rejected and provenance, JSONL')
    .option('--conversational', 'messages in place of texts in the recipe’s template')
    .action(async (sources: string[], options: PairsOptions & CommonOptions) =>
      (await import('../steps/pairs.ts')).pairs(sources, options, openTerminal(options), signal),
    );
}

/** Every command makes sure of the places it will write to before it does anything else. */
async function makeOutputFolders(_: Command, action: Command): Promise<void> {
  const taken = new Map<string, string>();
  for (const argument of action.args) taken.set(resolve(argument), 'what is read');
  for (const name of ['out', 'rejected', 'dropped', 'graded', 'report']) {
    const path: unknown = action.opts()[name];
    if (typeof path !== 'string') continue;
    requireKnownEnding(action.name(), name, path);
    const other = taken.get(resolve(path));
    if (other !== undefined)
      throw new UsageError(`--${name} ${path} is ${other}, which would be lost. Name another file.`);
    taken.set(resolve(path), `--${name} of the same command`);
    await makeFolderOf(`--${name}`, path);
  }
}

type Options<Required extends string> = Record<string, unknown> & Record<Required, string>;

function withData<Given extends object>(
  work: (data: string, options: Given, terminal: ReturnType<typeof openTerminal>) => Promise<void>,
) {
  return (data: string, options: Given & CommonOptions) => work(data, options, openTerminal(options));
}
