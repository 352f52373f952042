/** Bytes of a file from the first to the last, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The one part that a `Range` header asks for (RFC 9110); null where it asks for none, for several or for something else
 * than bytes: the whole is the answer then.
 *
 * @param size bytes of the file
 * @throws an error with the status 416 where the file has none of them
 */
export function rangeIn(header: string | undefined, size: number): ByteRange | null {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || from + to === '') return null;
  const isSuffix = from === '';
  const start = isSuffix ? Math.max(0, size - Number(to)) : Number(from);
  const end = isSuffix || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (!isSuffix && to !== '' && Number(to) < start) return null;
  if (start > end)
    throw Object.assign(new Error(`There are ${size} bytes, and none of those that are asked for.`), {
      statusCode: 416,
    });
  return { start, end };
}
