import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { AlpacaError } from '../errors.ts';
import { serve } from './child-service.ts';
import { lastWords } from './last-words.ts';

/** The entry of the child process behind runProgram: it holds the program, whose standard input ends with it. */
export interface ProgramRequest {
  command: string;
  args: readonly string[];
  folder: string;
  /** beside this process's own */
  env: Readonly<Record<string, string>>;
  /** made when the program is to end soon: what it does about it is its own affair; null: it is sent SIGTERM */
  stopFile: string | null;
}

/** How a program ended. */
export interface ProgramEnd {
  code: number | null;
  endedBy: NodeJS.Signals | null;
  /** the last of its standard error that may tell why */
  said: string;
}

/** How long the output of what a program has started is waited for when the program itself is gone. */
const OUTPUT_MS = 2000;

serve<ProgramRequest, ProgramEnd, string>(async ({ command, args, folder, env, stopFile }, tell, stop) => {
  const program = spawn(command, args, { cwd: folder, env: { ...process.env, ...env } });
  await once(program, 'spawn').catch((error) => {
    throw new AlpacaError('Configuration', `${command} is not installed here (${error.message}).`, {
      remedy: 'Install it on the GPU worker’s machine, where the PATH of the worker leads to it.',
    });
  });
  const stopIt = () => {
    if (stopFile === null) program.kill('SIGTERM');
    else writeFileSync(stopFile, '');
  };
  stop.addEventListener('abort', stopIt);
  let errorOutput = '';
  program.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorOutput = `${errorOutput}${text}`.slice(-16_384);
    process.stderr.write(text);
  });
  let told = Promise.resolve();
  createInterface({ input: program.stdout }).on('line', (line) => {
    told = told.then(() => tell(line));
  });
  const closed = once(program, 'close');
  const [code, endedBy] = await once(program, 'exit');
  await Promise.race([closed, sleep(OUTPUT_MS)]);
  await told;
  return { code, endedBy, said: lastWords(errorOutput) };
});
