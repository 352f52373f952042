import { USUAL_OF_PRETRAINING } from '../definitions/step-options.ts';
import { train } from '../steps/train.ts';
import type { Terminal } from '../terminal.ts';

/** `alpaca pretrain`: trains on plain text in packed pieces, by the course and with the checkpoints of `alpaca train`. */
export function pretrain(
  options: Record<string, unknown> & { data: string; out: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  return train({ ...USUAL_OF_PRETRAINING, ...options, packing: true, format: 'text' }, terminal, signal);
}
