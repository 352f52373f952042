import type { Command } from 'commander';
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
    .option('--json', 'print the result as one JSON object on standard output')
    .option('--verbose', 'print what the processes say, and where a defect is');
}

/** Adapts a function of options and terminal to commander's action. */
export function act<Options extends object>(work: (options: Options, terminal: Terminal) => Promise<void>) {
  return (options: Options & CommonOptions) => work(options, openTerminal(options));
}
