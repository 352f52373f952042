import { trainInput, trainSettings } from '../../../workflows/contracts/train.ts';
import { TRAIN_OPTIONS, train } from '../steps/train.ts';
import type { Terminal } from '../terminal.ts';

/** Of tokenizing, what does something to plain text. */
export const PRETRAIN_TEXT_OPTIONS = [
  'model',
  'maxLength',
  'heldOut',
  'specialTokensInRows',
  'runSeed',
  'language',
];

/** Pieces of text are always packed. */
export const PRETRAIN_OPTIONS = TRAIN_OPTIONS.filter((name) => name !== 'packing');

/** What differs from a training on rows where nothing else is said: there is much text, and each of it is seen once. */
const USUAL = { epochs: 1, weightDecay: 0.1 };

/** A training's settings, for the help. */
export const pretrainInput = trainInput.extend({
  epochs: trainSettings.shape.epochs.default(USUAL.epochs),
  weightDecay: trainSettings.shape.weightDecay.default(USUAL.weightDecay),
});

/** `alpaca pretrain`: trains on plain text in packed pieces, by the course and with the checkpoints of `alpaca train`. */
export function pretrain(
  options: Record<string, unknown> & { data: string; out: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  return train({ ...USUAL, ...options, packing: true, format: 'text' }, terminal, signal);
}
