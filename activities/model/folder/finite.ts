import { AlpacaError } from '../../errors.ts';

/**
 * Refuses a tensor that holds NaN or an infinity: every loss would be NaN, and rows or settings be blamed.
 *
 * @throws AlpacaError InvalidInput naming file, tensor and index
 */
export function checkFinite(path: string, name: string, data: Float32Array): void {
  // 0 times a finite number is 0, and NaN times any other.
  let zero = 0;
  for (let i = 0; i < data.length; i += 1) zero += 0 * (data[i] ?? 0);
  if (zero === 0) return;
  const index = data.findIndex((value) => !Number.isFinite(value));
  throw new AlpacaError('InvalidInput', `${path}: ${name} holds ${data[index]}, at index ${index}.`, {
    remedy: 'The weights are damaged, or of a training that diverged: fetch or save the model again.',
  });
}
