import type { Command } from 'commander';
import { rateInput } from '../../../workflows/contracts/rate.ts';
import { ROLE_MEANINGS, ROLES } from '../../runs/access/visitor.ts';
import type { CreateOptions as TokenOptions } from '../access/token.ts';
import type { RateOptions } from '../rate.ts';
import { runInputOptions } from '../run/input-options.ts';
import type { CreateOptions as ScheduleOptions } from '../schedule/schedule.ts';
import { addSchemaOptions } from '../schema-options.ts';
import { act, type CommonOptions, command } from '../subcommand.ts';
import { openTerminal } from '../terminal.ts';
import type { ListenOptions } from '../webhook/listen.ts';
import { RATE_OPTIONS } from './step-options.ts';

/** `alpaca rate`: a blind comparison by people, in the environment that stands. */
export function addRateCommand(program: Command): void {
  const rates = command(program, 'rate', 'let people compare answers blindly, on a page')
    .option('--a <file>', 'answers in AlpacaEval’s model_outputs form, or Self-Instruct’s')
    .option('--b <file>', 'the answers they are compared with; in the mode abcd it may be left out')
    .option('--evaluation <id>', 'the answers that this `evaluate` or `alpaca` workflow judged')
    .option('--instructions <file>', 'rate only these instructions')
    .option('--workflow-id <id>', 'default: rate- and a few random letters')
    .option('--result <id>', 'print the result of a comparison, or how far it is')
    .option('--close <id>', 'count the votes so far, end the comparison, and print the result');
  addSchemaOptions(rates, rateInput, RATE_OPTIONS).action(
    act(async (options: RateOptions, terminal) => (await import('../rate.ts')).rate(options, terminal)),
  );
}

/** `alpaca token`: who may use the web service over this store, and for what. */
export function addTokenCommands(program: Command): void {
  const tokens = program.command('token').description('tokens of who may use the web service');
  command(tokens, 'create', 'make one, and print it: it is kept nowhere')
    .argument('<name>', 'whose it is: it stands in the runs that are started with it')
    .requiredOption('--role <role>', ROLES.map((role) => `${role}: ${ROLE_MEANINGS[role]}`).join('; '))
    .option('--usd-per-day <usd>', 'of the role spend: what the budgets granted in a day may add up to')
    .option('--days <n>', 'how long it is valid (default: until it is revoked)')
    .action(async (name: string, options: TokenOptions & CommonOptions) =>
      (await import('../access/token.ts')).create(name, options, openTerminal(options)),
    );
  command(tokens, 'list', 'list them').action(
    act(async (_, terminal) => (await import('../access/token.ts')).list(terminal)),
  );
  command(tokens, 'revoke', 'let one open nothing any more, within five seconds')
    .argument('<id>', 'as `list` has it')
    .action(async (id: string, options: CommonOptions) =>
      (await import('../access/token.ts')).revoke(id, openTerminal(options)),
    );
}

/** `alpaca schedule`: runs of the whole recipe by a clock, over Temporal's schedules. */
export function addScheduleCommands(program: Command): void {
  const schedules = program
    .command('schedule')
    .description('runs by a clock: nightly retraining and the like');
  runInputOptions(
    command(schedules, 'create', 'start runs by a clock; with --from, of what is new there').argument(
      '<name>',
      'of the schedule, which the ids of its runs begin with',
    ),
  )
    .requiredOption('--cron <expression>', 'when, in five fields, such as "0 3 * * *", or @daily')
    .option('--time-zone <name>', 'whose clock it is', 'UTC')
    .option(
      '--overlap <policy>',
      'where the run before still goes on: skip, or buffer-one for one more',
      'skip',
    )
    .option('--on <model>', 'of what --from has new, train the last run’s model (last), or --model (base)')
    .option('--yes', 'do not ask before a paid teacher is used')
    .action(async (name: string, recipe: string | undefined, options: ScheduleOptions & CommonOptions) =>
      (await import('../schedule/schedule.ts')).create(name, { ...options, recipe }, openTerminal(options)),
    );
  command(schedules, 'list', 'list those that start runs').action(
    act(async (_, terminal) => (await import('../schedule/schedule.ts')).list(terminal)),
  );
  command(schedules, 'show', 'when it runs next, and what it has started')
    .argument('<name>', 'as `list` has it')
    .action(async (name: string, options: CommonOptions) =>
      (await import('../schedule/schedule.ts')).show(name, openTerminal(options)),
    );
  for (const [change, what] of [
    ['pause', 'start no more runs; one that goes on does'],
    ['resume', 'start runs again'],
    ['run', 'start one now, as its clock would'],
    ['delete', 'let go of it; runs that it started go on, and stay'],
  ] as const)
    command(schedules, change, what)
      .argument('<name>', 'as `list` has it')
      .action(async (name: string, options: CommonOptions) =>
        (await import('../schedule/schedule.ts')).alter(name, change, openTerminal(options)),
      );
}

/** `alpaca webhook listen`: shows the webhooks of runs, until Ctrl-C. */
export function addWebhookCommand(program: Command, signal: AbortSignal): void {
  const webhooks = program.command('webhook').description('webhooks of runs');
  command(webhooks, 'listen', 'take them here, verify their signatures and print them, for trying out')
    .option('--port <n>', '0 for any that is free', '8299')
    .option('--host <address>', 'where it listens', '127.0.0.1')
    .option('--secret-name <name>', 'as the run’s input has it: ALPACA_WEBHOOK_SECRET_NAME', 'default')
    .option('--answer <status>', 'what is said to each: other than 2xx it is tried again', '204')
    .action(
      act(async (options: ListenOptions, terminal) =>
        (await import('../webhook/listen.ts')).listen(options, terminal, signal),
      ),
    );
}
