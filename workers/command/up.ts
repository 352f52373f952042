import { setTimeout as sleep } from 'node:timers/promises';
import { AlpacaError } from '../../activities/errors.ts';
import { isAlive } from '../../activities/process/is-alive.ts';
import { LOCAL_MODEL } from '../../activities/teacher/profile/local-profile.ts';
import { unlessAborted } from '../../activities/teacher/unless-aborted.ts';
import { type Environment, EnvironmentFile } from '../embedded/environment-file.ts';
import { LONGEST_STOP_MS } from '../embedded/supervised-process.ts';
import { findEnvironment, startOwn } from './environment.ts';
import { Interrupted } from './outcome.ts';
import { stateFolder } from './place.ts';
import type { Terminal } from './terminal.ts';

export interface UpOptions {
  existing?: boolean;
  headless?: boolean;
  teacher?: string;
}

/** `npm run up`: the environment stands until Ctrl-C. */
export async function up(options: UpOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const standing = await findEnvironment(signal);
  if (standing) {
    terminal.say(`the environment stands already, since ${standing.startedAt} (process ${standing.pid})`);
    terminal.result(standing, addresses(standing));
    return;
  }
  const { teacher, ...standingOptions } = options;
  const teachers = teacher === undefined ? [] : [teacher];
  const own = await startOwn({ ...standingOptions, teachers, signal }, terminal);
  try {
    terminal.result(own.environment, addresses(own.environment));
    terminal.say('Ctrl-C ends it.');
    await unlessAborted(own.failure, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted('The environment has ended; runs and files are kept.', { cause: error });
  } finally {
    terminal.say('ending the environment');
    await own.stop();
  }
}

/** `alpaca down`: ends the environment that stands, and waits until it has. */
export async function down(terminal: Terminal): Promise<void> {
  const file = new EnvironmentFile(stateFolder());
  const found = await file.read();
  if (!found) {
    terminal.result({ ended: null }, 'No environment stands.');
    return;
  }
  terminal.say(
    `ending the environment (process ${found.pid}): its workers wait for answers that are paid for, ${LONGEST_STOP_MS / 1000} s at the most`,
  );
  process.kill(found.pid, 'SIGTERM');
  const deadline = Date.now() + LONGEST_STOP_MS;
  while (isAlive(found.pid)) {
    if (Date.now() > deadline)
      throw new AlpacaError(
        'ProcessDied',
        `Process ${found.pid} has not ended after ${LONGEST_STOP_MS / 1000} s.`,
        {
          remedy: `End it with \`kill -9 ${found.pid}\`: its guard ends what it started.`,
        },
      );
    await sleep(100);
  }
  terminal.result({ ended: found.pid }, 'The environment has ended; runs and files are kept.');
}

/** The addresses, and commands to try as they stand. */
export function addresses(environment: Environment): string {
  const { address, uiUrl, webUrl, chatUrl, teacherUrl, localTeacherUrl, store } = environment;
  const flag = address === '127.0.0.1:7233' ? '' : ` --address ${address}`;
  return [
    `Temporal       ${address}${uiUrl ? `, UI ${uiUrl}` : ''}`,
    `web service    ${webUrl ?? 'none'}`,
    `chat           ${chatUrl ?? 'none'}, OpenAI-compatible at /v1 (trained models, and the built-in one before training)`,
    `teacher        ${teacherUrl ?? 'none'} (offline; no language model)`,
    ...(localTeacherUrl === null ? [] : [`local teacher  ${localTeacherUrl} (${LOCAL_MODEL}, by llama.cpp)`]),
    `store          ${store}`,
    '',
    'Try (`npm run temporal --` stands for `temporal` where none is installed):',
    `  temporal workflow start${flag} --task-queue alpaca --type alpaca --workflow-id my-run --input '{}'`,
    `  temporal workflow query${flag} --workflow-id my-run --type progress`,
    '  npx alpaca watch my-run',
  ].join('\n');
}
