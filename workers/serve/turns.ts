/** Bounds how many requests are answered at once, and how many may wait for it. */
export interface Turns {
  /** Waits for a turn, to be given back; `gone` where the signal aborted, or was. */
  take(signal: AbortSignal): Promise<'turn' | 'gone'>;
  give(): void;
  readonly waiting: number;
  /** whether the next to take a turn would find too many waiting */
  readonly full: boolean;
}

export function createTurns(atOnce: number, mostWaiting: number): Turns {
  let free = atOnce;
  const queue: (() => void)[] = [];
  return {
    get waiting() {
      return queue.length;
    },
    get full() {
      return free === 0 && queue.length >= mostWaiting;
    },
    async take(signal) {
      if (signal.aborted) return 'gone';
      if (free > 0) {
        free -= 1;
        return 'turn';
      }
      const { promise, resolve } = Promise.withResolvers<'turn' | 'gone'>();
      const begin = () => resolve('turn');
      const leave = () => {
        queue.splice(queue.indexOf(begin), 1);
        resolve('gone');
      };
      queue.push(begin);
      signal.addEventListener('abort', leave, { once: true });
      const outcome = await promise;
      signal.removeEventListener('abort', leave);
      return outcome;
    },
    give() {
      const next = queue.shift();
      if (next) next();
      else free += 1;
    },
  };
}
