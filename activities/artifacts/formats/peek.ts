/** What a stream begins with, and the stream from its beginning on. */
export interface Peeked {
  head: Buffer;
  whole: AsyncIterable<Uint8Array>;
  /** true where `head` is all that there is */
  ended: boolean;
  /** ends the stream where `whole` is not read */
  leave(): Promise<void>;
}

/** Reads so many bytes ahead, or all where there are fewer. `whole` is to be read once, or the stream to be left. */
export async function peek(chunks: AsyncIterable<Uint8Array>, bytes: number): Promise<Peeked> {
  const source = chunks[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (length < bytes && !ended) {
    const next = await source.next();
    if (next.done) ended = true;
    else {
      read.push(next.value);
      length += next.value.length;
    }
  }
  const leave = async () => {
    await source.return?.();
  };
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      yield* read.splice(0);
      if (!ended) yield* { [Symbol.asyncIterator]: () => source };
    } finally {
      await leave();
    }
  }
  return { head: Buffer.concat(read), whole: whole(), ended, leave };
}
