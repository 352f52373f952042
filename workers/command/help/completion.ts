import type { Command } from 'commander';
import { RECIPES } from '../recipe/layers.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A script for a shell, by which it completes the names of commands, of their options and of recipes. */
export function completionScript(program: Command, shell: Shell): string {
  if (shell === 'fish') return fish(program);
  return shell === 'bash' ? bash(program) : `autoload -Uz bashcompinit && bashcompinit\n${bash(program)}`;
}

/** zsh takes the same by its own `bashcompinit`. Where nothing of ours fits, files are completed. */
function bash(program: Command): string {
  const cases = program.commands.map(
    (command) => `    ${command.name()}) words="${wordsOf(command).join(' ')}" ;;`,
  );
  return `_alpaca() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then words="${program.commands.map((command) => command.name()).join(' ')} --help --version"
  else case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _alpaca alpaca
`;
}

function wordsOf(command: Command): string[] {
  const inner = command.commands.flatMap((one) => [one.name(), ...longsOf(one)]);
  return [...new Set([...inner, ...firstWords(command), ...longsOf(command), '--help'])];
}

function longsOf({ options }: Command): string[] {
  return options.flatMap(({ long }) => long ?? []);
}

function firstWords({ registeredArguments: [first] }: Command): readonly string[] {
  if (first === undefined) return [];
  return first.name() === 'recipe' ? RECIPES : (first.argChoices ?? []);
}

function fish(program: Command): string {
  const lines = program.commands.flatMap((command) => {
    const behind = `complete -c alpaca -n '__fish_seen_subcommand_from ${command.name()}'`;
    return [
      `complete -c alpaca -n __fish_use_subcommand -f -a ${command.name()} -d ${fishWord(command.description())}`,
      ...command.commands.map((one) => `${behind} -f -a ${one.name()} -d ${fishWord(one.description())}`),
      ...firstWords(command).map((word) => `${behind} -a ${word}`),
      ...[command, ...command.commands].flatMap(({ options }) =>
        options.map(
          ({ long, required, description }) =>
            `${behind} -l ${long?.slice(2)}${required ? ' -r' : ''} -d ${fishWord(description)}`,
        ),
      ),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function fishWord(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
