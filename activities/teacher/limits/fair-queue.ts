/** Whose turn it is: priorities in order, and within one the keys take turns, however many each waits with. */
export interface Turn {
  /** 1 to 5, lower first */
  priority: number;
  fairnessKey: string;
}

interface Entry<Value> extends Turn {
  value: Value;
  round: number;
  number: number;
}

/**
 * What waits in this process. Of keys that wait, each is served once a round: an entry joins its key's next
 * round, and a key that comes late joins the present one (start-time fair queueing with equal weights).
 */
export class FairQueue<Value> {
  #entries: Entry<Value>[] = [];
  #nextRound = new Map<string, number>();
  #present = 0;
  #number = 0;

  get size(): number {
    return this.#entries.length;
  }

  add(turn: Turn, value: Value): void {
    const lane = `${turn.priority}/${turn.fairnessKey}`;
    const round = Math.max(this.#present, this.#nextRound.get(lane) ?? 0);
    this.#nextRound.set(lane, round + 1);
    this.#number += 1;
    const entry = { ...turn, value, round, number: this.#number };
    this.#entries.splice(this.#placeOf(entry), 0, entry);
  }

  /** The first `count` in the order in which they are to be served; they stay. */
  first(count: number): Value[] {
    return this.#entries.slice(0, count).map(({ value }) => value);
  }

  /** Takes one out, served or not. False where it was not here. */
  remove(value: Value): boolean {
    const place = this.#entries.findIndex((entry) => entry.value === value);
    const [entry] = place < 0 ? [] : this.#entries.splice(place, 1);
    if (!entry) return false;
    if (place === 0) this.#present = Math.max(this.#present, entry.round);
    if (this.#entries.length === 0) {
      this.#nextRound.clear();
      this.#present = 0;
    }
    return true;
  }

  #placeOf(entry: Entry<Value>): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#entries[middle];
      if (there && goesBefore(there, entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function goesBefore<Value>(a: Entry<Value>, b: Entry<Value>): boolean {
  return (
    a.priority - b.priority < 0 ||
    (a.priority === b.priority && (a.round - b.round || a.number - b.number) < 0)
  );
}
