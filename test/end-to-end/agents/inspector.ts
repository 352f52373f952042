import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { cached, execute, messageOf } from '../../../workers/setup/cache.mjs';

/**
 * The official inspector's command line: https://github.com/modelcontextprotocol/inspector. It is no dependency, since a
 * web interface comes along, 111 MB. The registry's digests verify it.
 */
const VERSION = '2.12.0';

export interface Inspected {
  code: number;
  /** what it printed, where that is JSON */
  json: unknown;
  stdout: string;
  stderr: string;
}

/** @returns what asks a server; the reason where the inspector cannot be had: a test is skipped with it then */
export async function inspector(): Promise<((args: readonly string[]) => Promise<Inspected>) | string> {
  try {
    const command = await installed();
    return (args) =>
      new Promise((resolve) => {
        const options = { maxBuffer: 1 << 26, env: { ...process.env, NODE_ENV: 'production' } };
        const all = [command, '--cli', ...args];
        const child = execFile(process.execPath, all, options, (_, stdout, stderr) =>
          resolve({ code: child.exitCode ?? -1, json: jsonOf(stdout), stdout, stderr }),
        );
        child.stdin?.end();
      });
  } catch (error) {
    return `needs @modelcontextprotocol/inspector: ${messageOf(error)}`;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function installed(): Promise<string> {
  const folder = await cached(`mcp-inspector-${VERSION}`, async (target) => {
    const options = ['--prefix', target, '--ignore-scripts', '--no-audit', '--no-fund'];
    await execute('npm', ['install', ...options, `@modelcontextprotocol/inspector@${VERSION}`]);
  });
  return join(folder, 'node_modules', '.bin', 'mcp-inspector');
}
