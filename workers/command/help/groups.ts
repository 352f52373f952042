import { type Command, Help, type HelpConfiguration } from 'commander';
import { OF_MOST } from '../subcommand.ts';
import { EXAMPLES } from './examples.ts';

/** The commands under the headings that `alpaca --help` has, in its order. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'A run:': ['run', 'estimate', 'explain', 'watch', 'schedule'],
  'What a run has made:': [
    'serve',
    'report',
    'release',
    'reproduce',
    'export',
    'rate',
    'pairs',
    'weight-diff',
  ],
  'Steps on files, without a server:': [
    ...[
      'generate',
      'dedupe',
      'filter',
      'tokenize',
      'train',
      'pretrain',
      'plan-memory',
      'loss',
      'complete',
      'evaluate',
      'winrate',
    ],
  ],
  'The environment and fleets:': [
    'doctor',
    'setup',
    'up',
    'down',
    'workers',
    'token',
    'mcp',
    'webhook',
    'limits',
    'temporal',
    'completion',
  ],
  'The store:': ['artifacts', 'import', 'prune', 'forget', 'store'],
};

const REQUIRED = 'Required:';
const FIRST = [REQUIRED, ...Object.keys(GROUPS)];

/** Headings of this file, then those that options have of their own, then what is the same everywhere. */
export const HELP: HelpConfiguration = {
  groupItems(unsorted, visible, groupOf) {
    const rank = (heading: string) => {
      if (heading === OF_MOST) return FIRST.length + 1;
      return FIRST.includes(heading) ? FIRST.indexOf(heading) : FIRST.length;
    };
    const groups = [...new Help().groupItems(unsorted, visible, groupOf)];
    return new Map(groups.sort(([left], [right]) => rank(left) - rank(right)));
  },
};

/** Gives every command its group and its examples, and what has to be said a heading of its own. */
export function groupHelp(program: Command): void {
  for (const command of program.commands) {
    const [group] = Object.entries(GROUPS).find(([, names]) => names.includes(command.name())) ?? [];
    if (group !== undefined) command.helpGroup(group);
    for (const one of [command, ...command.commands])
      for (const option of one.options) if (option.mandatory) option.helpGroup(REQUIRED);
    const examples = EXAMPLES[command.name()];
    if (examples !== undefined)
      command.addHelpText(
        'after',
        `\nExamples:\n${examples.map((line) => `  $ npx alpaca ${line}`).join('\n')}`,
      );
  }
}

/** What `alpaca --help` prints: bin/help.txt, which needs no set-up. */
export function helpText(program: Command): string {
  return program.configureOutput({ getOutHelpWidth: () => 100 }).helpInformation();
}
