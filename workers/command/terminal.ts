import { visibleJson, visibleText } from '../../workflows/decisions/screen/visible-text.ts';

/** What a command prints: results on standard output, everything else on standard error. */
export interface Terminal {
  readonly json: boolean;
  readonly verbose: boolean;
  /** a line for the person */
  say(line: string): void;
  /** the result: the text for a person, or with --json the object on one line */
  result(value: unknown, text: string): void;
}

export function openTerminal({
  json = false,
  verbose = false,
}: {
  json?: boolean;
  verbose?: boolean;
}): Terminal {
  return {
    json,
    verbose,
    say: (line) => writeLine(process.stderr, line),
    result: (value, text) => {
      if (json) process.stdout.write(`${visibleJson(value)}\n`);
      else writeLine(process.stdout, text);
    },
  };
}

/** The one way to a terminal: what a teacher, a model or a file says is shown there, and never obeyed. */
export function writeLine(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`${visibleText(text)}\n`);
}

/** Writes over the line that is there; the last one stays. */
export function overwriteLine(stream: NodeJS.WritableStream, text: string, isLast: boolean): void {
  stream.write(`\r\x1b[K${visibleText(text)}${isLast ? '\n' : ''}`);
}
