import { hideSecretsOf } from '../../activities/secrets.ts';
import { answersOnTheWay } from '../../activities/teacher/ledger/on-the-way.ts';
import { traced } from '../../activities/tracing.ts';
import { LONGEST_STOP_MS } from '../embedded/supervised-process.ts';
import { startTracing, type Tracing } from '../fleet/tracing.ts';
import { outcomeOf } from './outcome.ts';
import { createProgram } from './program.ts';
import { writeLine } from './terminal.ts';

/** The `alpaca` command proper. bin/alpaca.mjs starts it, under a Node that runs TypeScript. */

/** A terminal's Ctrl-C may arrive twice: from the terminal, and passed on by whoever started us. */
const SAME_KEYSTROKE_MS = 500;

const interrupted = new AbortController();
let interruptedAt = 0;

function interrupt(): void {
  if (!interrupted.signal.aborted) {
    interruptedAt = Date.now();
    interrupted.abort();
    const answers = answersOnTheWay();
    const waiting = `waiting for ${answers} ${answers === 1 ? 'answer' : 'answers'} that are paid for`;
    writeLine(
      process.stderr,
      answers === 0
        ? '\nending; once more to end at once'
        : `\nending: ${waiting}; once more to give them up`,
    );
  } else if (Date.now() - interruptedAt > SAME_KEYSTROKE_MS) {
    process.exit(130); // the guard ends what still runs
  }
}

let defect: unknown;

// What escapes every promise must not leave the environment to the guard: the command ends in order.
process.on('uncaughtException', (error) => {
  defect ??= error;
  interrupted.abort();
  setTimeout(() => process.exit(1), LONGEST_STOP_MS).unref();
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
// Of a launcher that was killed while this was being loaded nothing more is heard.
if (process.connected === false) interrupt();
if (process.channel) {
  // The launcher holds the other end: when it is killed, we end in order.
  process.on('disconnect', interrupt);
  process.channel.unref();
}

// `alpaca artifacts | head` ends the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// Progress that nobody reads any more must not end the work.
process.stderr.on('error', () => {});

let tracing: Tracing | undefined;
try {
  tracing = await startTracing('alpaca');
  await traced('alpaca', {}, () => createProgram(interrupted.signal).parseAsync());
  if (defect !== undefined) throw defect;
} catch (error) {
  const stopped = interrupted.signal.aborted && defect === undefined;
  const { exitCode, message } = outcomeOf(defect ?? error, process.argv.includes('--verbose'), stopped);
  hideSecretsOf(process.env);
  if (message !== null) writeLine(process.stderr, message);
  process.exitCode = exitCode;
}
await tracing?.close();
process.exit();
