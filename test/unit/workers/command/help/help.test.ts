import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { completionScript } from '../../../../../workers/command/help/completion.ts';
import { EXAMPLES } from '../../../../../workers/command/help/examples.ts';
import { helpText } from '../../../../../workers/command/help/groups.ts';
import { createProgram } from '../../../../../workers/command/program.ts';
import { wrongOf } from './calls.ts';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const program = createProgram(new AbortController().signal);
const commands = program.commands.flatMap((command) => [command, ...command.commands]);

describe('the help', () => {
  it('is printed from a file, so that it needs no set-up: npm run schema writes it', () => {
    assert.equal(readFileSync(`${ROOT}bin/help.txt`, 'utf8'), helpText(program));
    for (const flag of ['--help', '-h'])
      assert.equal(
        execFileSync(process.execPath, [`${ROOT}bin/alpaca.mjs`, flag], { encoding: 'utf8', env: {} }),
        helpText(program),
      );
    const version = execFileSync(process.execPath, [`${ROOT}bin/alpaca.mjs`, '--version'], {
      encoding: 'utf8',
    });
    assert.equal(version, '0.1.0\n');
  });

  it('has every command under a heading, with two examples', () => {
    assert.deepEqual(
      program.commands.filter((command) => command.helpGroup() === '').map((command) => command.name()),
      [],
    );
    assert.deepEqual(
      program.commands.map((command) => [command.name(), EXAMPLES[command.name()]?.length]),
      program.commands.map((command) => [command.name(), 2]),
    );
  });

  for (const example of Object.values(EXAMPLES).flat())
    it(`shows a call that has what is required, and no option that there is not: ${example}`, () => {
      assert.deepEqual(wrongOf(program, example), []);
    });

  it('has what is required under a heading of its own, first, and options by the one that they go with', () => {
    const train = commands.find((command) => command.name() === 'train')?.helpInformation() ?? '';
    assert.deepEqual(train.match(/^\w.*:$/gm), [
      ...[
        'Required:',
        'Options:',
        'With LoRA:',
        'With one worker:',
        'With packing:',
        'With several workers:',
      ],
      ...[
        'With --outer nesterov:',
        'With --quorum:',
        'With --engine torchrun or command:',
        'With --engine torchrun:',
        'With --nodes:',
        'With --engine command:',
      ],
      'Of most commands:',
    ]);
    assert.match(train, /^Required:\n {2}--data <file>/m);
  });

  it('calls settings by the names that options have', () => {
    assert.ok(commands.length > 30);
    const words = commands.flatMap((command) =>
      command.options.flatMap(
        ({ description }) =>
          description.match(/(?<![\w/])(?:max|micro|grace|packed|lora|global)[A-Z]\w*/g) ?? [],
      ),
    );
    assert.deepEqual(words, []);
  });
});

describe('completion', () => {
  const completed = (...words: string[]) => {
    const at = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
    const script = `${completionScript(program, 'bash')}\n${at}; _alpaca; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split(' ');
  };

  it('knows commands, options, recipes and what is inside of a command', () => {
    assert.deepEqual(completed('alpaca', 'tr'), ['train']);
    assert.deepEqual(completed('alpaca', 'train', '--lora-dr'), ['--lora-dropout']);
    assert.deepEqual(completed('alpaca', 'run', 'alpaca-1'), ['alpaca-13b']);
    assert.deepEqual(completed('alpaca', 'store', 'c'), ['copy']);
  });

  it('is the same in zsh, and has descriptions in fish', () => {
    assert.ok(completionScript(program, 'zsh').endsWith(completionScript(program, 'bash')));
    const fish = completionScript(program, 'fish').split('\n');
    assert.ok(
      fish.includes(
        "complete -c alpaca -n __fish_use_subcommand -f -a down -d 'end the environment that stands'",
      ),
    );
    assert.ok(
      fish.includes(
        "complete -c alpaca -n '__fish_seen_subcommand_from run' -l keep -d 'leave the environment standing afterwards; `alpaca down` ends it'",
      ),
    );
  });
});
