/**
 * Gives back at once what is needed no more, as weights that have gone to the device: V8 sees little of such
 * memory, since it is outside of its heap, and would keep it for minutes. Does nothing in a process that was
 * not started to allow it.
 */
export function giveBackGarbage(): void {
  globalThis.gc?.();
}
