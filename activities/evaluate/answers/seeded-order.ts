import { PhiloxStream, shuffledIndices } from '../../philox.ts';

/** Each use has a stream of its own, beyond those of training, which are numbered by epoch (at most 1000). */
const STREAMS = {
  'evaluation-instructions': 1_000_001,
  'exchange-prompts': 1_000_002,
  'exact-match': 1_000_003,
  'held-out-answers': 1_000_004,
};

/** The indices 0 to count - 1 in an order that is a function of the seed and of what is drawn for. */
export function seededOrder(count: number, seed: number, drawnFor: keyof typeof STREAMS): number[] {
  return shuffledIndices(count, new PhiloxStream(seed, 'shuffle', STREAMS[drawnFor]));
}
