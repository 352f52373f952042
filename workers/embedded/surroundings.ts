import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { storageError } from '../../activities/errors.ts';
import { withoutSecretVariables } from '../../activities/process/child-environment.ts';
import type { ProcessSurroundings } from './supervised-process.ts';

const LARGEST_LOG_BYTES = 10 << 20;
const PROCESS_NAMES = [
  'temporal',
  'offline-teacher',
  'local-teacher',
  'data-worker',
  'gpu-worker',
  'web',
] as const;

/** Makes the log folder; a log that has grown large becomes NAME.log.old. */
export async function prepareLogs(stateFolder: string): Promise<string> {
  const folder = join(stateFolder, 'logs');
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw storageError(error, folder);
  });
  for (const name of PROCESS_NAMES) {
    const path = join(folder, `${name}.log`);
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    if (bytes > LARGEST_LOG_BYTES) await rename(path, `${path}.old`);
  }
  return folder;
}

/** Starts the guard: it ends the process groups it was told of, and removes the file, when this process is gone. */
export function startGuard(environmentFile: string): ProcessSurroundings['guard'] & { close(): void } {
  const guard: ChildProcess = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('./guard.ts', import.meta.url)),
      environmentFile,
      String(process.pid),
    ],
    { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: withoutSecretVariables(process.env) },
  );
  guard.unref();
  guard.stdin?.on('error', () => {});
  return {
    began: (pid) => guard.stdin?.write(`+${pid}\n`),
    mayTake: (pid, ms) => guard.stdin?.write(`=${pid} ${ms}\n`),
    ended: (pid) => guard.stdin?.write(`-${pid}\n`),
    close: () => guard.stdin?.end(),
  };
}
