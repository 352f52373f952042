import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** What `trainer_state.json` of Hugging Face's Trainer says of a step, of those fields that are read here. */
const logged = z.looseObject({
  step: z.int(),
  epoch: z.number().default(0),
  loss: z.number().optional(),
  grad_norm: z.number().optional(),
  learning_rate: z.number().optional(),
});
type LoggedStep = z.infer<typeof logged> & { loss: number };

const trainerState = z.looseObject({ global_step: z.int(), log_history: z.array(logged) });

export interface FoundCheckpoint {
  path: string;
  /** updates made */
  step: number;
  /** steps whose loss was logged, since the beginning of the training */
  steps: LoggedStep[];
}

const STATE = 'trainer_state.json';

/**
 * The checkpoints in a Trainer's output folder that are whole, in the order of their steps: its state is among
 * the last that it writes.
 *
 * @param settledMs for so long nothing of it has changed
 */
export async function checkpointsIn(output: string, settledMs: number): Promise<FoundCheckpoint[]> {
  const found: FoundCheckpoint[] = [];
  for (const name of await readdir(output).catch(() => [])) {
    const path = join(output, name);
    if (!/^checkpoint-\d+$/.test(name) || !(await isSettled(path, settledMs))) continue;
    const state = await readTrainerState(path);
    if (state !== null) found.push({ path, ...state });
  }
  return found.sort((a, b) => a.step - b.step);
}

/** What a folder's trainer_state.json says; null where it has none that can be read, or not yet. */
export async function readTrainerState(folder: string): Promise<Omit<FoundCheckpoint, 'path'> | null> {
  const text = await readFile(join(folder, STATE), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const { global_step: step, log_history: history } = trainerState.parse(JSON.parse(text));
    return { step, steps: history.flatMap((entry) => withLoss(entry)) };
  } catch {
    return null;
  }
}

/** A step as a Trainer prints it, `{'loss': 2.1, 'grad_norm': 0.9, ...}`: numbers may be in quotes. Null: another line. */
export function loggedIn(line: string): { loss: number; learningRate: number } | null {
  const numberOf = (name: string) =>
    Number(new RegExp(`'${name}': '?([-+.\\de]+)`).exec(line)?.[1] ?? Number.NaN);
  const loss = numberOf('loss');
  return Number.isFinite(loss) ? { loss, learningRate: numberOf('learning_rate') || 0 } : null;
}

function withLoss(entry: z.infer<typeof logged>): LoggedStep[] {
  const { loss } = entry;
  return loss === undefined ? [] : [{ ...entry, loss }];
}

async function isSettled(folder: string, settledMs: number): Promise<boolean> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const times = await Promise.all(
    ['', ...names].map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      ),
    ),
  );
  return Date.now() - Math.max(...times) >= settledMs;
}
