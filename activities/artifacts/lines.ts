/**
 * Splits a stream of bytes at line feeds and decodes each line as UTF-8, dropping a byte order mark; a line
 * that is no valid UTF-8 is null. Gives the lines that each chunk completes.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Array<string | null>> {
  let open: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const lines: Array<string | null> = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const line = chunk.subarray(start, end);
      lines.push(decode(open.length === 0 ? line : Buffer.concat([...open, line])));
      open = [];
      start = end + 1;
    }
    if (start < chunk.length) open.push(chunk.subarray(start));
    yield lines;
  }
  if (open.length > 0) yield [decode(Buffer.concat(open))];
}

// UTF-8 has no line feed inside a character, so a line never holds half of one.
const LINE_FEED = 0x0a;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decode(line: Uint8Array): string | null {
  try {
    return UTF8.decode(line);
  } catch {
    return null;
  }
}
