import { readForeignLine } from '../log.ts';

/** Lines of a dead process's standard error that go into a message. */
const LINES = 12;

/** What a process said last that may tell why it died; empty where it said no such thing. */
export function lastWords(errorOutput: string): string {
  return errorOutput
    .split('\n')
    .filter((line) => line.trim() !== '' && readForeignLine(line).level !== 'info')
    .slice(-LINES)
    .join('\n');
}
