/**
 * Gives back at once what is needed no more, as weights that have gone to the device: V8 sees little of such
 * memory, since it is outside of its heap, and would keep it for minutes. Does nothing in a process that was
 * not started to allow it.
 */
export function giveBackGarbage(): void {
  globalThis.gc?.();
}

/**
 * The same of arrays that nothing reads any more, without a look at all that there is: they are empty afterwards.
 *
 * @param arrays each alone in its buffer
 */
export function giveBack(arrays: Iterable<Float32Array>): void {
  for (const { buffer } of arrays) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
