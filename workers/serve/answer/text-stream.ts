type Decode = (ids: readonly number[]) => string | Promise<string>;

/**
 * Turns token ids into pieces of text that can be shown at once: a character is held back until all its
 * bytes are there, and what may be the beginning of a stop sequence until it is none.
 */
export class TextStream {
  readonly #decode: Decode;
  readonly #stop: readonly string[];
  readonly #ids: number[] = [];
  /** where in the text each token's own begins */
  readonly #begins: number[] = [];
  #certain = 0;
  #shown = 0;
  #stopped = false;
  #ended = false;

  /** @param decode ids to text; called with all ids so far, since tokens are no whole characters or words */
  constructor(decode: Decode, stop: readonly string[]) {
    this.#decode = decode;
    this.#stop = stop;
  }

  /** The text that one more token makes certain; often empty. */
  async push(id: number): Promise<string> {
    this.#ids.push(id);
    this.#begins.push(this.#certain);
    return this.#advance(await this.#decode(this.#ids), false);
  }

  /** What was held back, where no more tokens come. */
  async end(): Promise<string> {
    return this.#stopped ? '' : this.#advance(await this.#decode(this.#ids), true);
  }

  /** true once a stop sequence was met: nothing after it is shown */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** how many tokens have a part in the text that is shown, once all is: those that show nothing too */
  get tokensShown(): number {
    if (this.#ended && !this.#stopped) return this.#ids.length;
    const unseen = this.#begins.findIndex((begin) => begin >= this.#shown);
    return unseen === -1 ? this.#ids.length : unseen;
  }

  #advance(text: string, last: boolean): string {
    this.#ended = last;
    this.#certain = wholeCharacters(text).length;
    const stops = this.#stop.map((sequence) => text.indexOf(sequence)).filter((at) => at >= 0);
    this.#stopped = stops.length > 0;
    const certain = this.#stopped
      ? Math.min(...stops)
      : last
        ? text.length
        : beforePartialStop(wholeCharacters(text), this.#stop);
    const piece = text.slice(this.#shown, certain);
    this.#shown = Math.max(this.#shown, certain);
    return piece;
  }
}

/** The text without the replacement characters that an unfinished character ends in. */
function wholeCharacters(text: string): string {
  return text.replace(/\uFFFD+$/, '');
}

/** The length of the text without an ending that a stop sequence begins with. */
function beforePartialStop(text: string, stop: readonly string[]): number {
  let end = text.length;
  for (const sequence of stop)
    for (let length = Math.min(sequence.length - 1, text.length); length > 0; length -= 1)
      if (text.endsWith(sequence.slice(0, length))) {
        end = Math.min(end, text.length - length);
        break;
      }
  return end;
}
