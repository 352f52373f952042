import { AsyncLocalStorage } from 'node:async_hooks';

/** What is let go of by every attempt stays at hand for so long: the next one often opens the same. */
const AT_HAND_MS = 60_000;
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
function atItsEnd(letGo: () => void): void {
  attempts.getStore()?.add(letGo);
}

/** What a process has open, until nobody in it needs it and a while has gone by. */
export class Opened {
  readonly path: string;
  readonly #forget: () => void;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, forget: () => void) {
    this.path = path;
    this.#forget = forget;
    this.#restSoon();
  }

  hold(): string {
    clearTimeout(this.#timer);
    this.#users += 1;
    atItsEnd(() => {
      this.#users -= 1;
      if (this.#users === 0) this.#restSoon();
    });
    return this.path;
  }

  forgetIfIdle(): void {
    if (this.#users > 0) return;
    clearTimeout(this.#timer);
    this.#forget();
  }

  #restSoon(): void {
    this.#timer = setTimeout(this.#forget, AT_HAND_MS).unref();
  }
}
