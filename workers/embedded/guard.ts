import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentFile } from './environment-file.ts';

/**
 * The process that outlives a supervisor killed with -9: it holds the read end of a pipe, is told the process
 * groups that run (`+PID`, `-PID`) and which may take longer to end (`=PID MILLISECONDS`), and ends those that are
 * left when the pipe closes: first those that may take longer, which need the others for it. Then it removes the
 * environment's file, which is named to it with the supervisor's process id: nothing of that environment stands any more.
 */

const GRACE_MS = 20_000;

const groups = new Map<number, { graceMs: number | null }>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [pid = 0, milliseconds = 0] = line.slice(1).split(' ').map(Number);
    if (!Number.isInteger(pid) || pid <= 1) return;
    if (line.startsWith('+')) groups.set(pid, { graceMs: null });
    else if (line.startsWith('=')) groups.set(pid, { graceMs: milliseconds });
    else groups.delete(pid);
  })
  .on('close', endGroups);

// Whoever ends the supervisor's group or terminal must not end the guard with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

async function endGroups(): Promise<void> {
  const all = [...groups];
  await Promise.all(all.map(([pid, { graceMs }]) => graceMs !== null && endGroup(pid, graceMs)));
  await Promise.all(all.map(([pid, { graceMs }]) => graceMs === null && endGroup(pid, GRACE_MS)));
  const [, , path, pid] = process.argv;
  if (path !== undefined) await new EnvironmentFile(dirname(path)).removeOf(Number(pid));
  process.exit(0);
}

/** SIGTERM to the process that leads the group, and SIGKILL to what is left of it in the end. */
async function endGroup(pid: number, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  send(pid, 'SIGTERM');
  while (Date.now() < deadline && send(pid, 0)) await sleep(100);
  send(-pid, 'SIGKILL');
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
