export interface AtOnce {
  /** how many items are worked on at a time */
  atOnce: number;
  signal: AbortSignal;
}

/**
 * Runs `work` for each item, begun in their order; results are in that order too. A failure, or the signal,
 * begins no other item; those that were begun are awaited, since they may be paid for.
 *
 * @throws the first failure, or the signal's reason
 */
export async function mapAtOnce<Item, Result>(
  items: Iterable<Item>,
  { atOnce, signal }: AtOnce,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures: { reason: unknown }[] = [];
  const waiting = items[Symbol.iterator]();
  let begun = 0;
  const lane = async () => {
    try {
      while (failures.length === 0) {
        signal.throwIfAborted();
        const { done, value } = waiting.next();
        if (done) return;
        const index = begun;
        begun += 1;
        results[index] = await work(value);
      }
    } catch (reason) {
      failures.push({ reason });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const [first] = failures;
  if (first) throw first.reason;
  return results;
}
