import { targetModules } from '../../../workflows/contracts/train.ts';
import { wordsAt } from '../../philox.ts';
import { cast, greaterEqual, uniformShorts } from '../kernels/operations.ts';
import { fromInts, scope, type Tensor } from '../kernels/tensor.ts';

/**
 * Dropout of one micro-batch. What is dropped is a function of these numbers and the layer, so a mask can be
 * made again: by a backward pass that kept none, or by a run that goes on from a checkpoint.
 */
export interface Dropout {
  /** the share that is dropped, above 0 and below 1 */
  rate: number;
  seed: number;
  step: number;
  microBatch: number;
}

/**
 * True where an input of the linear layer `model.layers.N.….TARGET` stays, as bool of the given shape. Those
 * that stay have to be divided by 1 - rate. The rate is met to 1/65536, since 16 bits an input are half the
 * work of 32.
 */
export function dropoutMask(shape: readonly number[], dropout: Dropout, layer: string): Tensor {
  const [, , number, , module = ''] = layer.split('.');
  const modules: readonly string[] = targetModules;
  const place = [dropout.microBatch, Number(number), modules.indexOf(module)] as const;
  const [first = 0, second = 0] = wordsAt(dropout.seed, 'dropout', dropout.step, place);
  return scope(() => {
    const threshold = fromInts([], Int32Array.of(Math.round(dropout.rate * 65_536) - 32_768));
    return greaterEqual(uniformShorts(shape, [first, second]), cast(threshold, 'int16'));
  });
}
