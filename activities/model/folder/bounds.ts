import { totalmem } from 'node:os';
import { AlpacaError } from '../../errors.ts';

/**
 * Upper bounds for what a model's files say of its size: each is a few times the largest that is published, so that no
 * loop and no allocation goes by a number that nobody can have meant. Llama 3.1 405B, the largest of the family, has 126
 * layers, a width of 16,384, a feed-forward of 53,248 and 128 heads.
 */
export const MOST = {
  /** Gemma has 262,144 entries, four times fewer */
  vocabulary: 2 ** 20,
  hidden: 2 ** 16,
  intermediate: 2 ** 18,
  layers: 512,
  heads: 1024,
  headSize: 1024,
  /** Llama 4 Scout names ten million */
  positions: 2 ** 26,
  /** Qwen takes 1e7 for a million positions */
  ropeBase: 1e12,
  ropeFactor: 1e6,
  /** Granite takes up to 16 */
  multiplier: 1e6,
  /** two and a half times 405e9 */
  parameters: 2 ** 40,
  /** of an adapter: no wider than the widest layer */
  rank: 2 ** 16,
  /** a model of 512 layers with biases has some 8,000; the largest mixture of experts 91,000 */
  tensors: 100_000,
  /** of Llama 3.1 405B there are 191 */
  shards: 1024,
} as const;

/** Bytes that this process may have: the machine's, or its container's. */
function memoryOfMachine(): number {
  // 0, or more than there is, where nothing bounds it
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/**
 * Checks that values in f32 have a place in this machine's memory, before they are given one.
 *
 * @throws AlpacaError InvalidInput
 */
export function requireMemory(values: number, path: string, memory = memoryOfMachine()): void {
  const bytes = 4 * values;
  if (bytes <= memory) return;
  const gib = (size: number) => `${(size / 2 ** 30).toFixed(1)} GiB`;
  throw new AlpacaError(
    'InvalidInput',
    `The weights of ${path} take ${gib(bytes)} in memory, and this machine has ${gib(memory)}.`,
    { remedy: 'Use a machine with more memory, or a smaller model.' },
  );
}
