import type { Writable } from 'node:stream';
import { hideSecretsOf, secretless, withoutSecrets } from '../../activities/secrets.ts';
import { visibleJson, visibleText } from '../../workflows/decisions/screen/visible-text.ts';

/** What a command prints: results on standard output, everything else on standard error; no key on either. */
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
  hideSecretsOf(process.env);
  return {
    json,
    verbose,
    say: (line) => writeLine(error, line),
    result: (value, text) => {
      if (!json) return writeLine(out, text);
      endLine();
      out.write(`${visibleJson(secretless(value))}\n`);
    },
  };
}

/** Where the line is that progress is written over; null while there is none. A process has one terminal. */
let unended: Writable | null = null;

/** As a terminal may have it: without keys, and with what it would obey made visible. */
export function shown(text: string): string {
  return visibleText(withoutSecrets(text));
}

/** The one way to a terminal: what a teacher, a model or a file says is shown there, and never obeyed. */
export function writeLine(stream: Writable, text: string): void {
  endLine();
  stream.write(`${shown(text)}\n`);
}

/** Writes a line over the one before it, which nothing else may go on. */
export function overwriteLine(stream: Writable, text: string): void {
  stream.write(`\r\x1b[K${shown(text)}`);
  unended = stream;
}

/** Whatever else is printed begins a new line. */
export function endLine(): void {
  unended?.write('\n');
  unended = null;
}
