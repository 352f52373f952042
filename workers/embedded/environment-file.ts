import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writeOnce } from '../../activities/artifacts/atomic.ts';
import { AlpacaError, storageError } from '../../activities/errors.ts';
import { isAlive } from '../../activities/process/is-alive.ts';

/** What stands on this machine, for a second command to find: `.alpaca/environment.json`. */
const environment = z.strictObject({
  state: z.enum(['starting', 'ready']),
  /** the supervisor's process */
  pid: z.int().min(1),
  startedAt: z.iso.datetime(),
  /** true where Temporal is not ours */
  existing: z.boolean(),
  address: z.string(),
  namespace: z.string(),
  uiUrl: z.string().nullable(),
  webUrl: z.string().nullable(),
  teacherUrl: z.string().nullable(),
  /** of the teacher `local`, where the environment was started with it */
  localTeacherUrl: z.string().nullable().default(null),
  /** the GPU worker's server of trained models */
  chatUrl: z.string().nullable().default(null),
  store: z.string(),
  processes: z.array(z.strictObject({ name: z.string(), pid: z.int() })),
});
export type Environment = z.infer<typeof environment>;

export class EnvironmentFile {
  readonly path: string;

  constructor(stateFolder: string) {
    this.path = join(stateFolder, 'environment.json');
  }

  /**
   * What stands; null where nothing does, or where the supervisor that wrote the file is dead.
   *
   * @throws AlpacaError Configuration where the state folder can be none; Permission
   */
  async read(): Promise<Environment | null> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      if (error.code !== 'ENOTDIR') throw storageError(error, this.path);
      const folder = dirname(this.path);
      throw new AlpacaError('Configuration', `The state folder ${folder} is beneath a file, or is one.`, {
        remedy: 'Set ALPACA_STATE to a folder, or unset it.',
        cause: error,
      });
    });
    const found = text === null ? null : parse(text);
    return found && isAlive(found.pid) ? found : null;
  }

  /** Process ids that a dead supervisor's file names and that are still alive. */
  async leftBehind(): Promise<number[]> {
    const text = await readFile(this.path, 'utf8').catch(() => '');
    const found = parse(text);
    if (!found || isAlive(found.pid)) return [];
    return found.processes.map(({ pid }) => pid).filter((pid) => pid > 1 && isAlive(pid));
  }

  /** Takes the place of the one environment; false where a living supervisor has it. */
  async claim(starting: Environment): Promise<boolean> {
    const text = render(starting);
    if (await writeOnce(this.path, text)) return true;
    if (await this.read()) return false;
    // Its supervisor is dead, and the guard has ended what it had started.
    await rm(this.path, { force: true });
    return writeOnce(this.path, text);
  }

  async write(now: Environment): Promise<void> {
    await writeAtomically(this.path, render(now));
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Removes what the supervisor of that process id wrote; another's file stays. */
  async removeOf(pid: number): Promise<void> {
    const text = await readFile(this.path, 'utf8').catch(() => '');
    if (parse(text)?.pid === pid) await this.remove();
  }
}

function render(value: Environment): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function parse(text: string): Environment | null {
  try {
    return environment.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
