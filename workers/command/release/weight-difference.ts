import type { Command } from 'commander';
import {
  makeDifference,
  recoverTuned,
} from '../../../activities/release/weight-difference/weight-difference.ts';
import { modelFolder } from '../model/named-model.ts';
import { terminalAttempt } from '../steps/step.ts';
import { act, command } from '../subcommand.ts';
import type { Terminal } from '../terminal.ts';

/** `alpaca weight-diff make|recover`: a tuned model as its difference to a base that may not be handed on. */
export function addWeightDifferenceCommands(program: Command, signal: AbortSignal): void {
  const group = program
    .command('weight-diff')
    .description('hand on a tuned model without the weights of its base');
  command(group, 'make', 'write the difference of a tuned model to its base')
    .requiredOption('--base <model>', 'the model that training started from')
    .requiredOption('--tuned <model>', 'the trained model')
    .requiredOption('--out <folder>', 'gets the difference')
    .action(act((options: MakeOptions, terminal) => make(options, terminal, signal)));
  command(group, 'recover', 'give a tuned model back from its base and the difference, and check it')
    .requiredOption('--base <model>', 'the same base as the difference was made with')
    .requiredOption('--diff <folder>', 'the difference')
    .requiredOption('--out <folder>', 'gets the tuned model')
    .action(act((options: RecoverOptions, terminal) => recover(options, terminal, signal)));
}

interface MakeOptions {
  base: string;
  tuned: string;
  out: string;
}

interface RecoverOptions {
  base: string;
  diff: string;
  out: string;
}

async function make(options: MakeOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { out } = options;
  const [base, tuned] = [await modelFolder(options.base), await modelFolder(options.tuned)];
  const made = await makeDifference({ base, tuned, out }, terminalAttempt(signal));
  const whole =
    made.withoutBase.length === 0
      ? ''
      : ` (in the clear, since the base has none: ${made.withoutBase.join(', ')})`;
  terminal.result({ ...made, path: out }, `${made.tensors} tensors in ${out}, ${made.bytes} bytes${whole}`);
}

async function recover(options: RecoverOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { diff, out } = options;
  const base = await modelFolder(options.base);
  const recovered = await recoverTuned({ base, difference: diff, out }, terminalAttempt(signal));
  terminal.result({ ...recovered, path: out }, `${recovered.files} files in ${out}, each as it was`);
}
