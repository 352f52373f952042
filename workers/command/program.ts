import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { LOCAL_TEACHER } from '../../activities/teacher/profile/local-profile.ts';
import { addMcpCommand } from './access/mcp.ts';
import {
  addExportCommand,
  addReleaseCommand,
  addReproduceCommand,
  addWeightDifferenceCommands,
} from './definitions/release-commands.ts';
import {
  addRateCommand,
  addScheduleCommands,
  addTokenCommands,
  addWebhookCommand,
} from './definitions/run-commands.ts';
import { addStepCommands } from './definitions/step-commands.ts';
import { PRICE_OPTION } from './definitions/step-options.ts';
import { completionScript, SHELLS, type Shell } from './help/completion.ts';
import { groupHelp, HELP } from './help/groups.ts';
import type { LimitsOptions } from './limits.ts';
import { KNOWN_MODEL_NAMES } from './model/known-models.ts';
import type { ReportOptions } from './release/report.ts';
import type { EstimateOptions } from './run/estimate-command.ts';
import { collect, runInputOptions } from './run/input-options.ts';
import type { RunOptions } from './run/run.ts';
import type { ServeCommandOptions } from './serve.ts';
import type { PruneOptions } from './store/prune.ts';
import { act, type CommonOptions, command } from './subcommand.ts';
import { openTerminal } from './terminal.ts';
import type { UpOptions } from './up.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/**
 * The whole command line. `signal` aborts at the first Ctrl-C. What a command does is loaded when it is called: all of it
 * together takes a second of a processor.
 */
export function createProgram(signal: AbortSignal): Command {
  const program = new Command('alpaca')
    .description('The Stanford Alpaca recipe as a durable pipeline on Temporal.')
    .version(version)
    .exitOverride()
    .configureHelp(HELP)
    .showHelpAfterError('(--help shows what there is)');

  runInputOptions(
    command(program, 'run', 'run the whole recipe, every step in order, with the environment that it needs'),
  )
    .option(...PRICE_OPTION)
    .option(
      '--workflow-id <id>',
      'default: made from the input, so that the same command finds its run again',
    )
    .option('--keep', 'leave the environment standing afterwards; `alpaca down` ends it')
    .option('--existing', 'use the Temporal server that TEMPORAL_* points at')
    .option('--yes', 'do not ask before a paid teacher is used')
    .action(async (recipe: string | undefined, options: RunOptions & CommonOptions) =>
      (await import('./run/run.ts')).run({ ...options, recipe }, openTerminal(options), signal),
    );

  runInputOptions(
    command(program, 'estimate', 'what a run would take: requests, tokens, dollars, hours; sends nothing'),
  )
    .option(...PRICE_OPTION)
    .action(async (recipe: string | undefined, options: EstimateOptions & CommonOptions) =>
      (await import('./run/estimate-command.ts')).estimate({ ...options, recipe }, openTerminal(options)),
    );

  runInputOptions(
    command(
      program,
      'explain',
      'every value of a run’s input and where it is said, its steps, money and memory; with --json the input alone',
    ),
  )
    .option(...PRICE_OPTION)
    .action(async (recipe: string | undefined, options: EstimateOptions & CommonOptions) =>
      (await import('./recipe/explain.ts')).explain({ ...options, recipe }, openTerminal(options)),
    );

  command(program, 'up', 'start the environment, and leave it standing until Ctrl-C')
    .option('--existing', 'use the Temporal server that TEMPORAL_* points at')
    .option('--headless', 'without the Temporal UI, which answers whatever name a browser knows it by')
    .addOption(
      new Option('--teacher <name>', 'one to have beside the offline one: a model of this machine’s').choices(
        [LOCAL_TEACHER],
      ),
    )
    .action(
      act(async (options: UpOptions, terminal) => (await import('./up.ts')).up(options, terminal, signal)),
    );

  command(program, 'down', 'end the environment that stands').action(
    act(async (_, terminal) => (await import('./up.ts')).down(terminal)),
  );

  command(program, 'watch', 'show the progress of a run, and its summary')
    .argument('<workflow-id>', 'as `run` printed it')
    .action(async (id: string, options: CommonOptions) =>
      (await import('./run/watch.ts')).watch(id, openTerminal(options), signal),
    );

  command(program, 'limits', 'show or set what a fleet may send to a teacher in any minute')
    .argument('<profile>', 'the teacher profile')
    .option('--requests <n>', 'requests in any minute')
    .option('--tokens <n>', 'tokens in any minute, prompts and answers together')
    .option('--reset', 'go back to the limits of the profile and of the endpoint’s headers')
    .action(async (profile: string, options: LimitsOptions & CommonOptions) =>
      (await import('./limits.ts')).limits(profile, options, openTerminal(options)),
    );

  command(program, 'workers', 'who is at work in a fleet, and what its GPU workers compute on')
    .option('--task-queue <name>', 'the fleet', process.env.ALPACA_TASK_QUEUE || 'alpaca')
    .action(
      act(async (options: { taskQueue: string }, terminal) =>
        (await import('./run/workers.ts')).listWorkers(options.taskQueue, terminal),
      ),
    );

  command(program, 'import', 'bring a file or folder into the store, and print its uri')
    .argument('<path>', 'of this machine')
    .option('--kind <kind>', 'its folder in the store', 'import')
    .action(async (path: string, options: CommonOptions & { kind: string }) =>
      (await import('./store/artifacts.ts')).importFile(path, options.kind, openTerminal(options)),
    );

  command(program, 'artifacts', 'list what the store holds')
    .option('--kind <kind>', 'only this kind')
    .action(
      act(async (options: { kind?: string }, terminal) =>
        (await import('./store/artifacts.ts')).listArtifacts(options.kind, terminal),
      ),
    );

  command(program, 'prune', 'show what no run refers to any more, and delete it where asked')
    .option('--delete', 'delete what is shown; without it nothing is')
    .option('--older-than <days>', 'leave what is younger', '7')
    .action(
      act(async (options: PruneOptions, terminal) =>
        (await import('./store/prune.ts')).prune(options, terminal),
      ),
    );

  command(program, 'forget', 'let go of runs that have ended, for prune to take what they alone refer to')
    .argument('<id>', 'their workflow id')
    .action(async (id: string, options: CommonOptions) =>
      (await import('./store/forget.ts')).forget(id, openTerminal(options)),
    );

  command(
    program.command('store').description('stores as a whole'),
    'copy',
    'copy a store into another, with verified digests',
  )
    .argument('<from>', 'a folder, or s3://BUCKET/PREFIX')
    .argument('<to>', 'another')
    .option('--replace', 'take the records that differ; without it they stay as they are')
    .action(async (from: string, to: string, options: CommonOptions & { replace?: boolean }) =>
      (await import('./store/copy.ts')).copy(from, to, options, openTerminal(options), signal),
    );

  command(program, 'serve', 'talk to models: a chat page and an OpenAI-compatible server')
    .option(
      '--model <[name=]folder>',
      `a model folder, GGUF file, OWNER/NAME of the hub, ${KNOWN_MODEL_NAMES.join(', ')}, artifact:// uri or run:WORKFLOW_ID; repeat it for more (default: builtin)`,
      collect,
      [],
    )
    .option('--port <n>', '0 for any that is free', '8290')
    .option('--host <address>', 'elsewhere than on loopback it demands ALPACA_SERVE_TOKEN', '127.0.0.1')
    .action(
      act(async (options: ServeCommandOptions, terminal) =>
        (await import('./serve.ts')).serve(options, terminal, signal),
      ),
    );

  command(program, 'report', 'what is in a run’s data, or in a file of rows: one HTML page')
    .argument(
      '<run-or-data>',
      'a workflow id, a release folder, or JSON, JSONL or Parquet, also gzipped, in the recipe’s format',
    )
    .requiredOption('--out <file>', 'the page')
    .option('--compare <run-or-data>', 'a second one, side by side with the first')
    .option('--png <folder>', 'gets the charts as pictures')
    .action(async (named: string, options: ReportOptions & CommonOptions) =>
      (await import('./release/report.ts')).report(named, options, openTerminal(options), signal),
    );

  addStepCommands(program, signal);
  addReleaseCommand(program, signal);
  addReproduceCommand(program, signal);
  addExportCommand(program);
  addRateCommand(program);
  addTokenCommands(program);
  addMcpCommand(program, signal);
  addScheduleCommands(program);
  addWebhookCommand(program, signal);
  addWeightDifferenceCommands(program, signal);

  // Handled by the launcher, bin/alpaca.mjs; here for --help.
  program
    .command('setup')
    .description('bring Node, the Temporal CLI and TensorFlow, or only what is named')
    .argument(
      '[parts...]',
      'node, temporal, tensorflow; torch, for the engine torchrun; llama-cpp, for the teacher local',
    );
  command(program, 'doctor', 'what of this machine fits, and what to do where it does not; brings nothing');
  program
    .command('temporal')
    .description('run the Temporal CLI that set-up found')
    .argument('[args...]', 'as that CLI takes them');
  program
    .command('completion')
    .description('a script by which a shell completes commands, options and recipes')
    .addArgument(new Argument('<shell>', 'whose it is').choices(SHELLS))
    .action((shell: Shell) => openTerminal({}).result(null, completionScript(program, shell).trimEnd()));
  groupHelp(program);
  return program;
}
