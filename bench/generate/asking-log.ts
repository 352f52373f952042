import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** One line of the endpoint's own log: an asking as it arrived. Whatever arrives is paid for. */
export interface LoggedAsking {
  /** milliseconds since 1970 */
  arrived: number;
  /** the ledger key that the client sends as idempotency key */
  key: string;
  /** the number of the answer that it is given */
  answer: number;
  /** askings that had arrived and were not answered yet, this one counted in */
  inFlight: number;
}

export interface AskingLog {
  /** Returns when the line is with the operating system: it outlives the endpoint. */
  append(asking: LoggedAsking): void;
  close(): void;
}

export function openAskingLog(path: string): AskingLog {
  const descriptor = openSync(path, 'a');
  return {
    append: ({ arrived, key, answer, inFlight }) =>
      writeSync(descriptor, `${arrived} ${key} ${answer} ${inFlight}\n`),
    close: () => closeSync(descriptor),
  };
}

/** All that has arrived so far; nothing where there is no log yet. */
export async function readAskingLog(path: string): Promise<LoggedAsking[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  // The last line may be half written.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => {
    const [arrived, key = '', answer, inFlight] = line.split(' ');
    return { arrived: Number(arrived), key, answer: Number(answer), inFlight: Number(inFlight) };
  });
}
