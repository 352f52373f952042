import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ArtifactStore } from '../../artifacts/store.ts';
import { unlessAborted } from '../unless-aborted.ts';

/**
 * What a process has sent and has no answer to yet, said to every process that shares the store. Whoever finds
 * an intent without an outcome learns from it whether the answer may still come: a run that was terminated, reset
 * or timed out leaves askings behind that are paid for, and are worth waiting for.
 *
 *   entries/on-the-way/SENDER.json  the askings of one process; written again at every beat, gone when it has none
 *
 * A sender that does not beat any more is dead. Beats are counted, not dated: clocks of machines differ. Silence while
 * the store takes nothing, as where its disk is full, says nothing: whoever waits tries to write meanwhile.
 */
export interface OnTheWay {
  /** names this process, unlike every other */
  readonly sender: string;
  /**
   * Says that askings are being sent, before their intents are declared; ends with what it returns.
   *
   * @throws what writing to the store throws: nothing may be sent then
   */
  begin(askings: readonly string[]): Promise<() => void>;
  /**
   * Returns once a sender waits for an asking no longer: at once where it never did, or is dead.
   *
   * @throws the reason of `signal`
   */
  untilEnded(sender: string, asking: string, signal: AbortSignal): Promise<void>;
}

export interface Beats {
  beatMs: number;
  /** a sender that was silent for so long is dead */
  deadAfterMs: number;
}

const BEATS: Beats = { beatMs: 3000, deadAfterMs: 12_000 };

const record = z.object({ beat: z.int(), askings: z.array(z.string()) });
type Said = z.infer<typeof record>;

const ofStores = new WeakMap<ArtifactStore, OnTheWay>();
let answers = 0;

/** How many answers this process has paid for and waits for. */
export function answersOnTheWay(): number {
  return answers;
}

/** The one of a store in this process. */
export function onTheWayIn(store: ArtifactStore): OnTheWay {
  const known = ofStores.get(store) ?? createOnTheWay(store);
  ofStores.set(store, known);
  return known;
}

export function createOnTheWay(
  store: Pick<ArtifactStore, 'readEntry' | 'writeEntry' | 'removeEntries'>,
  { beatMs, deadAfterMs }: Beats = BEATS,
): OnTheWay {
  const sender = randomUUID();
  /** those of each name: two attempts at one asking may both be about to declare it */
  const sent = new Map<string, Set<Promise<void>>>();
  let beat = 0;
  let timer: NodeJS.Timeout | null = null;
  /** what this process says since it has anything on its way: the first time */
  let said: Promise<void> = Promise.resolve();
  let saying: Promise<void> = Promise.resolve();

  const pathOf = (who: string) => `on-the-way/${who}.json`;

  function say(): Promise<void> {
    beat += 1;
    const said: Said = { beat, askings: [...sent.keys()] };
    const writing = saying.then(() => store.writeEntry(pathOf(sender), JSON.stringify(said)));
    saying = writing.catch(() => {});
    return writing;
  }

  function saysNothing(): void {
    clearInterval(timer ?? undefined);
    timer = null;
    saying = saying.then(() => store.removeEntries(pathOf(sender))).catch(() => {});
  }

  async function heard(who: string): Promise<Said | null> {
    const bytes = await store.readEntry(pathOf(who));
    if (bytes === null) return null;
    try {
      return record.parse(JSON.parse(bytes.toString('utf8')));
    } catch {
      return null;
    }
  }

  async function untilSilent(who: string, asking: string, signal: AbortSignal): Promise<void> {
    const isStoring = () =>
      say().then(
        () => true,
        () => false,
      );
    const first = await heard(who);
    let latest = first;
    let changedAt = performance.now();
    while (latest !== null) {
      // What was said after we first looked names everything that had been declared by then.
      if (latest.beat !== first?.beat && !latest.askings.includes(asking)) return;
      if (performance.now() - changedAt > deadAfterMs) return store.removeEntries(pathOf(who));
      await sleep(beatMs / 3, undefined, { signal }).catch(() => signal.throwIfAborted());
      const next = await heard(who);
      if (next?.beat !== latest.beat || !(await isStoring())) changedAt = performance.now();
      latest = next;
    }
  }

  return {
    sender,
    async begin(askings) {
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const asking of askings) sent.set(asking, (sent.get(asking) ?? new Set()).add(promise));
      answers += askings.length;
      const end = () => {
        for (const asking of askings) {
          const others = sent.get(asking);
          others?.delete(promise);
          if (others?.size === 0) sent.delete(asking);
        }
        answers -= askings.length;
        resolve();
        if (sent.size === 0) saysNothing();
      };
      if (timer === null) {
        timer = setInterval(() => void say().catch(() => {}), beatMs).unref();
        said = say();
      }
      // Nothing is sent yet: what cannot be said is not begun, or another run would pay for it again. Whoever comes
      // while the first is being said waits for that too.
      await said.catch((error) => {
        end();
        throw error;
      });
      return end;
    },
    async untilEnded(who, asking, signal) {
      if (who !== sender)
        return untilSilent(who, asking, signal).finally(() => {
          if (sent.size === 0) saysNothing();
        });
      await unlessAborted(Promise.all(sent.get(asking) ?? []), signal);
    },
  };
}
