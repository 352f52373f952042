import {
  makeDifference,
  recoverTuned,
} from '../../../activities/release/weight-difference/weight-difference.ts';
import { modelFolder } from '../model/named-model.ts';
import { terminalAttempt } from '../steps/step.ts';
import type { Terminal } from '../terminal.ts';

export interface MakeOptions {
  base: string;
  tuned: string;
  out: string;
}

export interface RecoverOptions {
  base: string;
  diff: string;
  out: string;
}

/** `alpaca weight-diff make`: a tuned model as its difference to a base that may not be handed on. */
export async function make(options: MakeOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { out } = options;
  const [base, tuned] = [await modelFolder(options.base), await modelFolder(options.tuned)];
  const made = await makeDifference({ base, tuned, out }, terminalAttempt(signal));
  const whole =
    made.withoutBase.length === 0
      ? ''
      : ` (in the clear, since the base has none: ${made.withoutBase.join(', ')})`;
  terminal.result({ ...made, path: out }, `${made.tensors} tensors in ${out}, ${made.bytes} bytes${whole}`);
}

/** `alpaca weight-diff recover`: the tuned model again, checked. */
export async function recover(
  options: RecoverOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { diff, out } = options;
  const base = await modelFolder(options.base);
  const recovered = await recoverTuned({ base, difference: diff, out }, terminalAttempt(signal));
  terminal.result({ ...recovered, path: out }, `${recovered.files} files in ${out}, each as it was`);
}
