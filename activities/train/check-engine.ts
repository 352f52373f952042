import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { EngineSettings } from '../../workflows/contracts/train-activities.ts';
import type { Attempt } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { runProgram } from '../process/program.ts';
import { readCommandRecipe } from './command/command-recipe.ts';
import { memoryForEach } from './memory-plan/device-memory.ts';
import { pythonless, type TrainingPrograms } from './torchrun/torchrun.ts';

/** All that train.py takes of others. */
const IMPORTS = `
import numpy, pyarrow.parquet, safetensors, torch, torch.distributed.checkpoint
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
`;

/**
 * Looks whether this machine has what an engine runs: before a run has paid for the data that it would train on.
 *
 * @throws AlpacaError Configuration, InvalidInput saying what is not there and how to get it
 */
export async function checkEngine(
  { engine, processes, command }: EngineSettings,
  { python, commands }: TrainingPrograms,
  attempt: Attempt,
): Promise<void> {
  if (engine === 'torchrun') {
    memoryForEach(processes);
    await importsIn(python, attempt);
  } else if (engine === 'command') {
    const [program = ''] = (await readCommandRecipe(command ?? '', commands)).command;
    await onPath(program);
  }
}

async function importsIn(python: string | null, attempt: Attempt): Promise<void> {
  if (python === null) throw pythonless();
  const look = { command: python, args: ['-c', IMPORTS], folder: tmpdir(), env: {}, stopFile: null };
  const mark = `look-${process.pid}`;
  try {
    await runProgram({ name: 'look', mark, ...look, stopWithinMs: () => 0 }, attempt, async () => {});
  } catch (error) {
    if (!(error instanceof AlpacaError) || error.code !== 'ProcessDied') throw error;
    throw new AlpacaError('Configuration', `${python} cannot run the engine torchrun.`, {
      remedy: `Name another in ALPACA_PYTHON of the GPU worker, or run \`npx alpaca setup torch\`. ${error.remedy ?? ''}`,
      cause: error,
    });
  }
}

async function onPath(program: string): Promise<void> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const places = program.includes('/') ? [resolve(program)] : folders.map((folder) => join(folder, program));
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return;
  }
  throw new AlpacaError('Configuration', `${program} is not installed on the GPU worker’s machine.`, {
    remedy: 'Install it where the PATH of the worker leads to it.',
  });
}
