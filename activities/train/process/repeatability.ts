/** The gradients of one step, by the tensor's name. */
export type StepGradients = ReadonlyMap<string, Float32Array>;

/**
 * By how much a device differs from itself: gradients are computed twice. On a CPU they have the same bits,
 * which tests hold; of a GPU that depends on its kernels, so a training that begins on one asks.
 *
 * @returns the largest difference as a share of the largest magnitude of its tensor; 0 where every bit is the
 *   same
 */
export function differenceWhenRepeated(compute: () => StepGradients): number {
  const once = compute();
  const again = compute();
  const differences = [...once].map(([name, gradient]) => relativeDifference(gradient, again.get(name)));
  return Math.max(0, ...differences);
}

function relativeDifference(once: Float32Array, again: Float32Array | undefined): number {
  if (once.length !== again?.length) throw new RangeError('the second time there were other gradients');
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < once.length; i += 1) {
    const value = once[i] ?? 0;
    largest = Math.max(largest, Math.abs(value));
    if (!Object.is(value, again[i])) difference = Math.max(difference, Math.abs(value - (again[i] ?? 0)));
  }
  return difference === 0 ? 0 : difference / largest;
}
