/** Integers that are added one after another, packed. */
export class Int32List {
  #items = new Int32Array(1 << 10);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was added so far; another addition may leave it behind. */
  get items(): Int32Array<ArrayBuffer> {
    return this.#items.subarray(0, this.#length);
  }

  push(item: number): void {
    this.#reserve(1);
    this.#items[this.#length] = item;
    this.#length += 1;
  }

  pushAll(items: ArrayLike<number>): void {
    this.#reserve(items.length);
    this.#items.set(items, this.#length);
    this.#length += items.length;
  }

  at(index: number): number {
    return this.#items[index] ?? 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#items.length) return;
    const larger = new Int32Array(2 * (this.#length + more));
    larger.set(this.#items);
    this.#items = larger;
  }
}
