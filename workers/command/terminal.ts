import type { Writable } from 'node:stream';

/** What a command prints: results on standard output, everything else on standard error. */
export interface Terminal {
  readonly json: boolean;
  readonly verbose: boolean;
  /** a line for the person */
  say(line: string): void;
  /** the result: the text for a person, or with --json the object on one line */
  result(value: unknown, text: string): void;
}

export function openTerminal(
  { json = false, verbose = false }: { json?: boolean; verbose?: boolean },
  { out = process.stdout, error = process.stderr }: { out?: Writable; error?: Writable } = {},
): Terminal {
  const print = (stream: Writable, text: string) => {
    endLine();
    stream.write(`${text}\n`);
  };
  return {
    json,
    verbose,
    say: (line) => print(error, line),
    result: (value, text) => print(out, json ? JSON.stringify(value) : text),
  };
}

/** Where the line is that progress is written over; null while there is none. A process has one terminal. */
let unended: Writable | null = null;

/** Writes a line over the one before it, which nothing else may go on. */
export function writeOver(stream: Writable, line: string): void {
  stream.write(`\r\x1b[K${line}`);
  unended = stream;
}

/** Whatever else is printed begins a new line. */
export function endLine(): void {
  unended?.write('\n');
  unended = null;
}
