/** Whether a person limits, at the limiter, what nothing else limits. */
export type LimitedByPerson = () => Promise<boolean>;

/** Between two looks, in milliseconds: limits that a person sets are kept from then on. */
const LOOK_EVERY_MS = 10_000;

/**
 * For a profile without limits of its own, which asks no limiter before it sends: looks now and then, and
 * only while there is something to send, whether a person has set limits meanwhile. What could not be seen
 * stays as it was.
 */
export class Lookout {
  readonly #look: LimitedByPerson;
  readonly #now: () => number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #limited = false;
  #ready = false;

  constructor(look: LimitedByPerson, now: () => number) {
    this.#look = look;
    this.#now = now;
  }

  /** False before the first look ended: what is sent by then could be more than a person allows. */
  get ready(): boolean {
    return this.#ready;
  }

  get limited(): boolean {
    return this.#limited;
  }

  /** Looks where the last look is old; `seen` follows it. */
  refresh(seen: () => void): void {
    if (this.#now() - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = this.#now();
    void this.#look()
      .then(
        (limited) => {
          this.#limited = limited;
        },
        () => {},
      )
      .then(() => {
        this.#ready = true;
        seen();
      });
  }
}
