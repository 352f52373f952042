import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makePrivateFolder } from '../../activities/artifacts/atomic.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { LOCAL_TEACHER } from '../../activities/teacher/profile/local-profile.ts';
import { type Environment, EnvironmentFile } from '../embedded/environment-file.ts';
import { type StandingEnvironment, startEnvironment } from '../embedded/supervisor.ts';
import { answers } from '../embedded/temporal-server.ts';
import { localTeacherModel } from './model/local-teacher.ts';
import { openStore, stateFolder, storePlace } from './place.ts';
import type { Terminal } from './terminal.ts';

export interface StandingOptions {
  /** aborts at Ctrl-C */
  signal: AbortSignal;
  existing?: boolean | undefined;
  headless?: boolean | undefined;
  keep?: boolean | undefined;
  /** whom it is to have beyond the offline teacher */
  teachers?: readonly string[] | undefined;
}

const STARTING_TAKES_AT_MOST_MS = 150_000;

/** The environment that stands already, with a stop that leaves it; else one of this process's own. */
export async function useEnvironment(
  options: StandingOptions,
  terminal: Terminal,
): Promise<StandingEnvironment> {
  const standing = await findEnvironment(options.signal);
  if (standing) {
    terminal.say(`using the environment that stands since ${standing.startedAt} (process ${standing.pid})`);
    if (options.teachers?.includes(LOCAL_TEACHER) && standing.localTeacherUrl === null)
      throw new AlpacaError('Configuration', 'The environment that stands has no local teacher.', {
        remedy: 'End it with `npx alpaca down`, and start the same command again.',
      });
    return borrowed(standing);
  }
  if (options.keep) return borrowed(await startDetached(options, terminal));
  return startOwn(options, terminal);
}

/** Starts the environment in this process, once its store has been looked at. */
export async function startOwn(
  { existing = false, headless = false, teachers = [], signal }: StandingOptions,
  terminal: Terminal,
): Promise<StandingEnvironment> {
  await openStore().check();
  return startEnvironment({
    localTeacher: await localTeacherModel(teachers),
    stateFolder: stateFolder(),
    store: storePlace(),
    existing,
    headless,
    cli: process.env.ALPACA_TEMPORAL_CLI ?? 'temporal',
    verbose: terminal.verbose,
    say: terminal.say,
    env: process.env,
    signal,
  });
}

/** The environment of this state folder, once it is ready; null where none stands. */
export async function findEnvironment(signal?: AbortSignal): Promise<Environment | null> {
  const file = new EnvironmentFile(stateFolder());
  const deadline = Date.now() + STARTING_TAKES_AT_MOST_MS;
  for (;;) {
    const found = await file.read();
    if (!found) return null;
    if (found.state === 'ready') {
      if (found.existing || (await answers({ address: found.address }, found.namespace))) return found;
      throw notAnswering(file.path, found, `its Temporal server ${found.address} does not answer`);
    }
    if (Date.now() > deadline) throw notAnswering(file.path, found, 'it has not become ready');
    await sleep(200, undefined, { signal });
  }
}

/** Starts `alpaca up` as a process of its own, which stays when this one ends. */
async function startDetached(
  { existing, teachers = [], signal }: StandingOptions,
  terminal: Terminal,
): Promise<Environment> {
  const folder = join(stateFolder(), 'logs');
  await makePrivateFolder(stateFolder());
  await makePrivateFolder(folder);
  const path = join(folder, 'supervisor.log');
  const local = teachers.includes(LOCAL_TEACHER) ? ['--teacher', LOCAL_TEACHER] : [];
  // What it brings may take longer than an environment that starts.
  await localTeacherModel(teachers);
  const log = openSync(path, 'a', 0o600);
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [...process.execArgv, main, 'up', ...(existing ? ['--existing'] : []), ...local],
    { detached: true, stdio: ['ignore', log, log] },
  );
  child.unref();
  let ended = false;
  child.on('exit', () => {
    ended = true;
  });
  const file = new EnvironmentFile(stateFolder());
  const deadline = Date.now() + STARTING_TAKES_AT_MOST_MS;
  while (!ended && Date.now() < deadline) {
    if ((await file.read())?.state === 'ready') break;
    await sleep(200, undefined, { signal });
  }
  const found = await file.read();
  if (found?.state !== 'ready')
    throw new AlpacaError('ProcessDied', 'The environment did not start.', {
      remedy: `What it said is at the end of ${path}.`,
    });
  terminal.say(`the environment stands until \`npx alpaca down\` (process ${found.pid}, log ${path})`);
  return found;
}

function borrowed(environment: Environment): StandingEnvironment {
  return { environment, failure: new Promise<never>(() => {}), stop: async () => {} };
}

function notAnswering(path: string, { pid }: Environment, why: string): AlpacaError {
  return new AlpacaError('Configuration', `An environment is said to stand, but ${why}.`, {
    remedy: `End process ${pid} with \`npx alpaca down\`, or delete ${path} if that process is not ours.`,
  });
}
