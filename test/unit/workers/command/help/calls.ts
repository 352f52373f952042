import type { Command } from 'commander';

/**
 * What is wrong with a call as an example or a page has it: no such command, an option that there is not, one that
 * is required and not there.
 *
 * @param call what stands behind `alpaca`
 */
export function wrongOf(program: Command, call: string): string[] {
  const [name = '', ...given] = call.split(' ');
  const outer = program.commands.find((command) => command.name() === name);
  const inner = outer?.commands.find((command) => command.name() === given[0]);
  const command = inner ?? outer;
  if (command === undefined) return [`no such command: ${call}`];
  if (command.name() === 'temporal') return /^temporal workflow/.test(call) ? [] : [`no workflow: ${call}`];
  const flags = given.filter((word) => word.startsWith('--') && word !== '--help' && word !== '--version');
  const known = command.options.map(({ long }) => long);
  const required = command.options.filter(({ mandatory }) => mandatory).map(({ long }) => long ?? '');
  return [
    ...flags.filter((flag) => !known.includes(flag)).map((flag) => `no option ${flag}: ${call}`),
    ...required.filter((long) => !flags.includes(long)).map((long) => `lacks ${long}: ${call}`),
  ];
}
