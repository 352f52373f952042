import { type Command, Option } from 'commander';
import { openTerminal, type Terminal } from './terminal.ts';

/** The options that every subcommand has. */
export interface CommonOptions {
  json?: boolean;
  verbose?: boolean;
}

export function command(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(common('--json', 'print the result as one JSON object on standard output'))
    .addOption(common('--verbose', 'print what the processes say, and where a defect is'));
}

/** The heading of what nearly every subcommand has. */
export const OF_MOST = 'Of most commands:';

function common(flag: string, description: string): Option {
  return new Option(flag, description).helpGroup(OF_MOST);
}

/** Adapts a function of options and terminal to commander's action. */
export function act<Options extends object>(work: (options: Options, terminal: Terminal) => Promise<void>) {
  return (options: Options & CommonOptions) => work(options, openTerminal(options));
}
