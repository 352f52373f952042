import { execFileSync, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isAlive } from './cache.mjs';

/** Read at once: set-up may take minutes, in which they may go. */
const NPM = process.env.npm_command === undefined ? [] : startedBy(process.ppid);

/**
 * Runs a program in this process's place: same terminal, its exit code, and signals passed on. Ctrl-C in
 * a terminal reaches the program by itself, so there SIGINT is not passed on a second time. npm and npx may be
 * killed without a word to what they run: where one of them started this process and is gone, the program is told
 * to end. What a person started by hand outlives the shell, if that is what was asked for.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, ipc?: boolean }} [options] `ipc` lets the program notice our death
 * @returns {Promise<number>} the exit code; 128 + n where signal n ended it
 */
export function launch(command, args, { env = process.env, ipc = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ipc ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit';
    const child = spawn(command, args, { stdio: /** @type {any} */ (stdio), env });
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) {
      process.on(signal, () => {
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
      });
    }
    const watch = setInterval(() => {
      if (NPM.every(isAlive)) return;
      clearInterval(watch);
      child.kill('SIGTERM');
    }, LOOK_EVERY_MS);
    watch.unref();
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 9)));
  });
}

const LOOK_EVERY_MS = 500;

/**
 * Who started this process, by process id: npm, or the shell that npm runs a script in, and npm.
 * @param {number} parent
 */
function startedBy(parent) {
  try {
    const found = execFileSync('ps', ['-o', 'ppid=', '-o', 'comm=', '-p', String(parent)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [, above, name = ''] = /^\s*(\d+)\s+(.*?)\s*$/.exec(found) ?? [];
    return /(^|[-/])\w*sh$/.test(name) ? [parent, Number(above)] : [parent];
  } catch {
    return [parent];
  }
}

/** Compiled code is kept for the next start: a process of ours then starts in about half the time. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url));

/**
 * The environment of everything that runs here: quiet libraries, compiled code kept, the proxy that it names used, and
 * the CLI that set-up found.
 * @param {import('./setup.mjs').Found} found
 * @param {NodeJS.ProcessEnv} [env]
 */
export function environmentFor({ temporal }, env = process.env) {
  return {
    NODE_COMPILE_CACHE: COMPILED,
    ...env,
    ...throughProxy(env),
    TF_CPP_MIN_LOG_LEVEL: env.TF_CPP_MIN_LOG_LEVEL ?? '2',
    ...(temporal === null ? {} : { ALPACA_TEMPORAL_CLI: temporal }),
  };
}

/**
 * Node asks through a proxy where it is told to (from 22.21 and 24.5 on), and then through it for everything: what runs
 * on this machine is left out.
 * @param {NodeJS.ProcessEnv} env
 */
function throughProxy(env) {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];
  if (!names.some((name) => env[name])) return {};
  const given = env.no_proxy || env.NO_PROXY;
  const direct = [...(given ? [given] : []), 'localhost', '127.0.0.1', '::1'].join(',');
  return { NODE_USE_ENV_PROXY: env.NODE_USE_ENV_PROXY ?? '1', NO_PROXY: direct, no_proxy: direct };
}

/** Node 22 calls type stripping experimental, on every start. */
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];
