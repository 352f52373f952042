import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepingOpened } from '../../activities/artifacts/stores/opened.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { log } from '../../activities/log.ts';

/** How a run stands, each time that it has changed. */
export interface RunEvent {
  /** its number among those of this service, and a digest of what it says: any service knows by it what it says itself */
  id: string;
  /** the run as JSON */
  data: string;
  /** true of the last: the run has ended */
  isLast: boolean;
}

interface FollowOptions {
  /** what the follower has seen last, before it was cut off; null: nothing */
  after: string | null;
  /** called for each event, one after another; throws nothing */
  tell(event: RunEvent): void;
}

export interface FollowedRuns {
  /**
   * Tells how a run stands, and each change until it ends. Whoever was cut off is told what came since, or where that is
   * forgotten, how it stands now; and nothing where it is as he knows it.
   *
   * @returns a function that ends it; `hasEnded` where the follower knows the run's last event already
   * @throws AlpacaError NotFound; StoreAway where there are too many followers
   */
  follow(id: string, options: FollowOptions): Promise<{ leave: () => void; hasEnded: boolean }>;
}

const ASK_EVERY_MS = 2000;
/** Events of a run that are kept for those who come back. */
const MOST_KEPT = 100;
/** How long a run is kept after its end, or after its last follower was cut off: he comes back. */
const KEEP_MS = 30_000;
const MOST_FOLLOWERS = 2000;

/** How a run stands, in whatever form followers are told it. */
type Look = () => Promise<{ closedAt: string | null }>;

/** However many follow a run, one asks for it. */
export function followedRuns(
  view: (id: string) => ReturnType<Look>,
  { askEveryMs = ASK_EVERY_MS, keepMs = KEEP_MS }: { askEveryMs?: number; keepMs?: number } = {},
): FollowedRuns {
  const followed = new Map<string, FollowedRun>();
  const followers = () => [...followed.values()].reduce((sum, run) => sum + run.followers, 0);
  return {
    async follow(id, options) {
      if (followers() >= MOST_FOLLOWERS)
        throw new AlpacaError('StoreAway', `${MOST_FOLLOWERS} follow runs of this service already.`, {
          remedy: 'Try again later, or ask for the run itself now and then.',
        });
      const known = followed.get(id);
      const run: FollowedRun =
        known ??
        new FollowedRun({
          look: () => view(id),
          ...{ askEveryMs, keepMs },
          end: () => followed.get(id) === run && followed.delete(id),
        });
      // Before anything is waited for: whoever comes meanwhile shares it.
      if (known === undefined) followed.set(id, run);
      return run.add(options);
    },
  };
}

interface FollowedOptions {
  look: Look;
  askEveryMs: number;
  keepMs: number;
  end: () => void;
}

class FollowedRun {
  readonly #of: FollowedOptions;
  readonly #tells = new Set<FollowOptions['tell']>();
  readonly #events: RunEvent[] = [];
  readonly #first: Promise<void>;
  #count = 0;
  /** that wait for the first event */
  #waiting = 0;
  #isAsking = false;
  /** when the last follower left, in milliseconds since 1970 */
  #leftAt = 0;

  constructor(of: FollowedOptions) {
    this.#of = of;
    this.#first = this.#look();
  }

  /** One that nobody follows now is kept for one who may come back. */
  get followers(): number {
    return this.#tells.size + this.#waiting || 1;
  }

  async add({ after, tell }: FollowOptions): Promise<{ leave: () => void; hasEnded: boolean }> {
    this.#waiting += 1;
    try {
      await this.#first;
    } catch (error) {
      this.#of.end();
      throw error;
    } finally {
      this.#waiting -= 1;
    }
    const missed = this.#since(after);
    const last = this.#events.at(-1);
    this.#tells.add(tell);
    for (const event of missed) tell(event);
    if (!this.#isAsking) void this.#goOn();
    // What is said of a run that has ended may be worded in another way later, such as of its record.
    const knowsTheEnd = missed.length === 0 || after?.endsWith(END) === true;
    const leave = () => {
      this.#tells.delete(tell);
      this.#leftAt = Date.now();
    };
    return { leave, hasEnded: last?.isLast === true && knowsTheEnd };
  }

  #since(after: string | null): RunEvent[] {
    const seen = this.#events.findIndex(({ id }) => id === after);
    if (seen >= 0) return this.#events.slice(seen + 1);
    // From another service, or from before this one began: what counts is what it said.
    const [latest] = this.#events.slice(-1);
    return latest === undefined || digestIn(latest.id) === digestIn(after) ? [] : [latest];
  }

  async #goOn(): Promise<void> {
    this.#isAsking = true;
    while (!this.#events.at(-1)?.isLast) {
      await sleep(this.#of.askEveryMs, undefined, { ref: false });
      if (this.#tells.size === 0 && Date.now() - this.#leftAt >= this.#of.keepMs) break;
      await this.#look().catch((error: unknown) =>
        log.write('debug', 'a run that is followed does not answer', { error }),
      );
    }
    if (this.#events.at(-1)?.isLast) await sleep(this.#of.keepMs, undefined, { ref: false });
    this.#isAsking = false;
    this.#of.end();
  }

  async #look(): Promise<void> {
    // What a look opens is its own, and not of the request of whoever followed first.
    const run = await keepingOpened(this.#of.look);
    const data = JSON.stringify(run);
    const digest = createHash('sha256').update(data).digest('hex').slice(0, 16);
    if (digestIn(this.#events.at(-1)?.id ?? null) === digest) return;
    this.#count += 1;
    const isLast = run.closedAt !== null;
    const event = { id: `${this.#count}-${digest}${isLast ? END : ''}`, data, isLast };
    this.#events.push(event);
    if (this.#events.length > MOST_KEPT) this.#events.shift();
    for (const tell of this.#tells) tell(event);
  }
}

/** Of the id of an event that is the last. */
const END = '-end';

function digestIn(id: string | null): string | null {
  return id?.split('-')[1] ?? null;
}
