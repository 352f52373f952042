import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The `alpaca` command and the Temporal CLI as a user runs them, in a state folder of the test's own. */

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ALPACA = `${ROOT}bin/alpaca.mjs`;

export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

export function alpaca(state: string, args: string[], cwd = ROOT): Promise<Finished> {
  return finished(process.execPath, [ALPACA, ...args], { ALPACA_STATE: state }, cwd);
}

export function temporal(address: string, args: string[]): Promise<Finished> {
  const cli = process.env.ALPACA_TEMPORAL_CLI ?? 'temporal';
  return finished(cli, [...args, '--address', address], {}, ROOT);
}

/** `alpaca up --json`: resolves with its environment once that is ready. */
export async function up(
  state: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ environment: Environment; end(): Promise<number> }> {
  const { said, end } = await standing<Environment>(state, ['up', '--json'], env);
  return { environment: said, end };
}

/** A command that stays until it is interrupted: resolves with the first JSON object that it prints. */
export async function standing<Said>(
  state: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ said: Said; end(): Promise<number> }> {
  const child = spawn(process.execPath, [ALPACA, ...args], {
    env: { ...process.env, ALPACA_STATE: state, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const line = await Promise.race([
    firstJsonLine(child),
    ended(child).then((code) => Promise.reject(new Error(`${args[0]} ended with ${code}: ${errors}`))),
  ]);
  return {
    said: JSON.parse(line) as Said,
    end: () => {
      const code = ended(child);
      child.kill('SIGINT');
      return code;
    },
  };
}

export interface Environment {
  address: string;
  uiUrl: string;
  webUrl: string;
  chatUrl: string;
  store: string;
  processes: { name: string; pid: number }[];
}

function finished(command: string, args: string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, cwd, maxBuffer: 1 << 26 };
    const child = execFile(command, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end();
  });
}

function firstJsonLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('{') && resolve(line));
  });
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1)));
}
