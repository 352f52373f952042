import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The process that outlives a supervisor killed with -9: it holds the read end of a pipe, is told the
 * process groups that run (`+PID`, `-PID`), and ends those that are left when the pipe closes.
 */

/** Longer than a worker's shutdownForceTime: an attempt may save what it has. */
const GRACE_MS = 20_000;

const groups = new Set<number>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const pid = Number(line.slice(1));
    if (!Number.isInteger(pid) || pid <= 1) return;
    if (line.startsWith('+')) groups.add(pid);
    else groups.delete(pid);
  })
  .on('close', endGroups);

// Whoever ends the supervisor's group or terminal must not end the guard with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

async function endGroups(): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  for (const pid of groups) signalGroup(pid, 'SIGTERM');
  while (Date.now() < deadline && [...groups].some((pid) => signalGroup(pid, 0))) await sleep(100);
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
  process.exit(0);
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
