import { AlpacaError } from '../../errors.ts';

/**
 * Refuses a tensor that holds NaN or an infinity: every loss would be NaN, and rows or settings be blamed.
 *
 * @throws AlpacaError InvalidInput naming file, tensor and index
 */
export function checkFinite(path: string, name: string, data: Float32Array): void {
  const index = indexOfNonFinite(data);
  if (index < 0) return;
  throw new AlpacaError('InvalidInput', `${path}: ${name} holds ${data[index]}, at index ${index}.`, {
    remedy: 'The weights are damaged, or of a training that diverged: fetch or save the model again.',
  });
}

/** The place of the first value that is NaN or an infinity; -1 where all are finite. */
export function indexOfNonFinite(data: Float32Array): number {
  // 0 times a finite number is 0, and NaN times any other: a tenth of the time of asking each.
  let zero = 0;
  for (let i = 0; i < data.length; i += 1) zero += 0 * (data[i] ?? 0);
  return zero === 0 ? -1 : data.findIndex((value) => !Number.isFinite(value));
}
