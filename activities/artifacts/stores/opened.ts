import { AsyncLocalStorage } from 'node:async_hooks';

/** What an attempt has opened, and lets go of at its end. */
type LettingGo = Set<() => void>;

const attempts = new AsyncLocalStorage<LettingGo>();

/**
 * Does work whose opened artifacts stay where they are until it ends. What is opened outside of any such work stays
 * for the life of the process.
 */
export async function keepingOpened<Result>(work: () => Promise<Result>): Promise<Result> {
  const opened: LettingGo = new Set();
  try {
    return await attempts.run(opened, work);
  } finally {
    for (const letGo of opened) letGo();
  }
}

/** @param letGo called once, when the work that this is called in ends; never where there is none */
export function atItsEnd(letGo: () => void): void {
  attempts.getStore()?.add(letGo);
}
