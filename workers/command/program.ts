import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { LOCAL_TEACHER } from '../../activities/teacher/profile/local-profile.ts';
import { addMcpCommand } from './access/mcp.ts';
import { addTokenCommands } from './access/token.ts';
import { completionScript, SHELLS, type Shell } from './help/completion.ts';
import { groupHelp, HELP } from './help/groups.ts';
import { type LimitsOptions, limits } from './limits.ts';
import { addExportCommand } from './model/export.ts';
import { KNOWN_MODEL_NAMES } from './model/known-models.ts';
import { addRateCommand } from './rate.ts';
import { explain } from './recipe/explain.ts';
import { addReleaseCommand } from './release/release.ts';
import { type ReportOptions, report } from './release/report.ts';
import { addReproduceCommand } from './release/reproduce.ts';
import { addWeightDifferenceCommands } from './release/weight-difference.ts';
import { type EstimateOptions, estimate } from './run/estimate-command.ts';
import { collect, runInputOptions } from './run/input-options.ts';
import { PRICE_OPTION } from './run/price.ts';
import { type RunOptions, run } from './run/run.ts';
import { watch } from './run/watch.ts';
import { listWorkers } from './run/workers.ts';
import { addScheduleCommands } from './schedule/schedule.ts';
import { type ServeCommandOptions, serve } from './serve.ts';
import { addStepCommands } from './steps/step-commands.ts';
import { importFile, listArtifacts } from './store/artifacts.ts';
import { copy } from './store/copy.ts';
import { forget } from './store/forget.ts';
import { type PruneOptions, prune } from './store/prune.ts';
import { act, type CommonOptions, command } from './subcommand.ts';
import { openTerminal } from './terminal.ts';
import { down, type UpOptions, up } from './up.ts';
import { addWebhookCommand } from './webhook/listen.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The whole command line. `signal` aborts at the first Ctrl-C. */
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
    .action((recipe: string | undefined, options: RunOptions & CommonOptions) =>
      run({ ...options, recipe }, openTerminal(options), signal),
    );

  runInputOptions(
    command(program, 'estimate', 'what a run would take: requests, tokens, dollars, hours; sends nothing'),
  )
    .option(...PRICE_OPTION)
    .action((recipe: string | undefined, options: EstimateOptions & CommonOptions) =>
      estimate({ ...options, recipe }, openTerminal(options)),
    );

  runInputOptions(
    command(
      program,
      'explain',
      'every value of a run’s input and where it is said, its steps, money and memory; with --json the input alone',
    ),
  )
    .option(...PRICE_OPTION)
    .action((recipe: string | undefined, options: EstimateOptions & CommonOptions) =>
      explain({ ...options, recipe }, openTerminal(options)),
    );

  command(program, 'up', 'start the environment, and leave it standing until Ctrl-C')
    .option('--existing', 'use the Temporal server that TEMPORAL_* points at')
    .option('--headless', 'without the Temporal UI, which answers whatever name a browser knows it by')
    .addOption(
      new Option('--teacher <name>', 'one to have beside the offline one: a model of this machine’s').choices(
        [LOCAL_TEACHER],
      ),
    )
    .action(act((options: UpOptions, terminal) => up(options, terminal, signal)));

  command(program, 'down', 'end the environment that stands').action(act((_, terminal) => down(terminal)));

  command(program, 'watch', 'show the progress of a run, and its summary')
    .argument('<workflow-id>', 'as `run` printed it')
    .action((id: string, options: CommonOptions) => watch(id, openTerminal(options), signal));

  command(program, 'limits', 'show or set what a fleet may send to a teacher in any minute')
    .argument('<profile>', 'the teacher profile')
    .option('--requests <n>', 'requests in any minute')
    .option('--tokens <n>', 'tokens in any minute, prompts and answers together')
    .option('--reset', 'go back to the limits of the profile and of the endpoint’s headers')
    .action((profile: string, options: LimitsOptions & CommonOptions) =>
      limits(profile, options, openTerminal(options)),
    );

  command(program, 'workers', 'who is at work in a fleet, and what its GPU workers compute on')
    .option('--task-queue <name>', 'the fleet', process.env.ALPACA_TASK_QUEUE || 'alpaca')
    .action(act((options: { taskQueue: string }, terminal) => listWorkers(options.taskQueue, terminal)));

  command(program, 'import', 'bring a file or folder into the store, and print its uri')
    .argument('<path>', 'of this machine')
    .option('--kind <kind>', 'its folder in the store', 'import')
    .action((path: string, options: CommonOptions & { kind: string }) =>
      importFile(path, options.kind, openTerminal(options)),
    );

  command(program, 'artifacts', 'list what the store holds')
    .option('--kind <kind>', 'only this kind')
    .action(act((options: { kind?: string }, terminal) => listArtifacts(options.kind, terminal)));

  command(program, 'prune', 'show what no run refers to any more, and delete it where asked')
    .option('--delete', 'delete what is shown; without it nothing is')
    .option('--older-than <days>', 'leave what is younger', '7')
    .action(act((options: PruneOptions, terminal) => prune(options, terminal)));

  command(program, 'forget', 'let go of runs that have ended, for prune to take what they alone refer to')
    .argument('<id>', 'their workflow id')
    .action((id: string, options: CommonOptions) => forget(id, openTerminal(options)));

  command(
    program.command('store').description('stores as a whole'),
    'copy',
    'copy a store into another, with verified digests',
  )
    .argument('<from>', 'a folder, or s3://BUCKET/PREFIX')
    .argument('<to>', 'another')
    .option('--replace', 'take the records that differ; without it they stay as they are')
    .action((from: string, to: string, options: CommonOptions & { replace?: boolean }) =>
      copy(from, to, options, openTerminal(options), signal),
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
    .action(act((options: ServeCommandOptions, terminal) => serve(options, terminal, signal)));

  command(program, 'report', 'what is in a run’s data, or in a file of rows: one HTML page')
    .argument(
      '<run-or-data>',
      'a workflow id, a release folder, or JSON, JSONL or Parquet, also gzipped, in the recipe’s format',
    )
    .requiredOption('--out <file>', 'the page')
    .option('--compare <run-or-data>', 'a second one, side by side with the first')
    .option('--png <folder>', 'gets the charts as pictures')
    .action((named: string, options: ReportOptions & CommonOptions) =>
      report(named, options, openTerminal(options), signal),
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
