import { readLines } from '../../artifacts/lines.ts';
import { secretlessAnswer } from '../../secrets.ts';
import { MOST_LINES } from './job.ts';

/**
 * The lines of a file of results as they come, parsed and without secrets; null for one that is no JSON, or longer
 * than a result can be. Of such a line no more is kept, and of a file no more lines than a job can have.
 */
export async function* readResultLines(
  content: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<unknown> {
  let left = MOST_LINES;
  for await (const lines of readLines(cutLines(content, mostBytes)))
    for (const line of lines) {
      if (line?.trim() === '') continue;
      if (left === 0) return;
      left -= 1;
      yield line === null ? null : parsed(line);
    }
}

const LINE_FEED = 0x0a;

/** Leaves out what a line has beyond so many bytes: what is left of it is no JSON any more. */
async function* cutLines(chunks: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    const kept: Uint8Array[] = [];
    let keptUpTo = 0;
    for (let start = 0; start < chunk.length; ) {
      const feed = chunk.indexOf(LINE_FEED, start);
      const end = feed === -1 ? chunk.length : feed;
      const room = Math.max(0, mostBytes - length);
      if (end - start > room) {
        kept.push(chunk.subarray(keptUpTo, start + room));
        keptUpTo = end;
      }
      length = feed === -1 ? length + end - start : 0;
      start = end + 1;
    }
    yield kept.length === 0 ? chunk : Buffer.concat([...kept, chunk.subarray(keptUpTo)]);
  }
}

function parsed(line: string): unknown {
  try {
    return secretlessAnswer(JSON.parse(line));
  } catch {
    return null;
  }
}
