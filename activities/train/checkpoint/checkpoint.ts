import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { artifactReference } from '../../../workflows/contracts/data.ts';
import { shardOfRound } from '../../../workflows/contracts/rounds.ts';
import { makeFolder, temporaryName } from '../../artifacts/atomic.ts';
import { digestOf, type WrittenDigests } from '../../artifacts/digest.ts';
import { parseJson } from '../../artifacts/formats/parse-json.ts';
import { MOST_RECORD_BYTES, readGiven } from '../../artifacts/given.ts';
import { AlpacaError, storageError } from '../../errors.ts';
import type { Moments } from '../../model/adamw.ts';
import { loraConfig } from '../../model/adapter/lora.ts';
import type { StoredWeight } from '../../model/folder/folder.ts';
import { readHeader, readTensors, type Weight, writeTensors } from '../../model/folder/safetensors.ts';
import type { TrainedWeights } from '../../model/model-requests.ts';
import { heldOutProgress } from '../early-stopping.ts';
import { trainingIdentity } from './identity.ts';
import { madeOnMachine } from './machine.ts';

/**
 * A checkpoint is a folder, made only between optimizer steps. It holds all that the steps after it depend
 * on, so going on from it is bit-identical to never having stopped, on one build and one kind of machine.
 * Random numbers are functions of (seed, step, ...), so there is no random state to keep:
 *
 *   weights.safetensors         what is trained, f32: all weights by their Hugging Face names, or an adapter
 *   first-moment.safetensors    Adam's moments under the same names; none where several workers trained:
 *   second-moment.safetensors     they begin anew with each round, or each worker has its own
 *   state.json                  TrainingState
 *
 * One of PyTorch's has both moments in `moments/`, in parts as torch.distributed.checkpoint writes them; one of a
 * command in the middle of its training has what that saved in `command/`, and the last its weights alone.
 */
export interface CheckpointContent {
  state: Omit<TrainingState, 'files'>;
  weights: Map<string, Weight>;
  /** null where they begin at zero */
  moments: Moments | null;
}

export interface Checkpoint extends CheckpointContent {
  state: TrainingState;
}

const trainingState = z.strictObject({
  format: z.literal(1),
  /** steps of the batch plan that are made: the position in it, and in the learning-rate schedule */
  step: z.int(),
  /** the epoch of the step to come, from 0 */
  epoch: z.int(),
  /**
   * updates that the moments have taken in, which Adam's bias correction counts; absent where they are as many as
   * the steps, and 0 where there are no moments
   */
  updates: z.int().optional(),
  /** of a checkpoint that one of several workers made: it has not seen the round's other shards */
  shard: shardOfRound.optional(),
  /** tokens trained on so far, padding not counted */
  tokens: z.int(),
  /** of one of several workers: those of its shard's tokens that have a label */
  targets: z.int().optional(),
  /** of what a round was merged to: the merge's own state, which the next one goes on with */
  outer: artifactReference.optional(),
  /** the best held-out loss so far, and what early stopping counts */
  heldOut: heldOutProgress,
  /** digests of the base model and its parts, the data and the batch plan; and the settings that decide */
  identity: trainingIdentity,
  /** of an adapter: the base, which the identity names, is frozen and not in the checkpoint */
  lora: loraConfig.optional(),
  /** where it was made: floating-point results differ between builds and processors */
  madeOn: madeOnMachine,
  /** SHA-256 of the other files, by name */
  files: z.record(z.string(), z.string()),
});
export type TrainingState = z.infer<typeof trainingState>;

export const WEIGHTS = 'weights.safetensors';
export const FIRST = 'first-moment.safetensors';
export const SECOND = 'second-moment.safetensors';
export const STATE = 'state.json';
/** What a shard of a round hands over says of itself, in place of it. */
export const UPDATE = 'update.json';

/** What inference needs of a checkpoint, beside the base model. */
export async function trainedWeights(checkpoint: string): Promise<TrainedWeights> {
  const { lora = null } = await readState(checkpoint);
  return { path: join(checkpoint, WEIGHTS), lora };
}

/**
 * Writes a checkpoint folder, which appears whole or not at all, and is not synced: the store does that when
 * it takes it. Equal states give equal bytes.
 */
export async function writeCheckpoint(
  path: string,
  { state, weights, moments }: CheckpointContent,
): Promise<void> {
  await writeCheckpointFiles(path, async (folder) => {
    const files: Record<string, string> = {};
    const kept: [string, Map<string, Weight>][] = moments
      ? [
          [FIRST, moments.first],
          [SECOND, moments.second],
        ]
      : [];
    for (const [name, tensors] of [[WEIGHTS, weights] as const, ...kept]) {
      const options = { dtype: 'F32', metadata: { format: 'pt' } } as const;
      files[name] = await writeTensors(join(folder, name), tensors, options);
    }
    return { ...state, files };
  });
}

/**
 * The same, of files that `write` makes in a folder that it is given, and the state that it says they have.
 *
 * @returns the digests of its files, but for the state's
 * @throws AlpacaError StorageFull; what `write` throws
 */
export async function writeCheckpointFiles(
  path: string,
  write: (folder: string) => Promise<TrainingState>,
): Promise<WrittenDigests> {
  const temporary = temporaryName(path);
  try {
    await makeFolder(temporary);
    const state = await write(temporary);
    await writeFile(join(temporary, STATE), stateText(state));
    await rename(temporary, path);
    return state.files;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw storageError(error, `the checkpoint ${path}`);
  }
}

/** Adds the state to the files that another program has written. */
export async function completeCheckpoint(path: string, state: Omit<TrainingState, 'files'>): Promise<void> {
  const { files = [] } = await digestOf(path);
  const digests = Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]));
  await writeFile(join(path, STATE), stateText({ ...state, files: digests }));
}

/**
 * Reads a checkpoint, checking every file against the digest that state.json has of it.
 *
 * @throws AlpacaError CorruptArtifact
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const state = await verifiedState(path);
  return {
    state,
    weights: await readAll(join(path, WEIGHTS)),
    moments: FIRST in state.files ? await readMoments(path) : null,
  };
}

/** Adam's moments as they lie in a folder, whose digests are checked elsewhere. */
export async function readMoments(folder: string): Promise<Moments> {
  return { first: await readAll(join(folder, FIRST)), second: await readAll(join(folder, SECOND)) };
}

/** What a checkpoint says of itself, and where its weights are, checked as in `readCheckpoint`: nothing more is read. */
export async function locateCheckpointWeights(
  path: string,
): Promise<{ state: TrainingState; weights: Map<string, StoredWeight> }> {
  const state = await verifiedState(path, (file) => file === WEIGHTS);
  const file = join(path, WEIGHTS);
  const entries = await readHeader(file);
  return { state, weights: new Map(entries.map((entry) => [entry.name, { file, entry }])) };
}

/**
 * What a checkpoint says of itself, once every file has the digest that it should have.
 *
 * @param concerns whether a file is to be read for that, by its name
 * @throws AlpacaError CorruptArtifact
 */
export async function verifiedState(
  path: string,
  concerns: (file: string) => boolean = () => true,
): Promise<TrainingState> {
  const state = await readState(path);
  for (const [name, expected] of Object.entries(state.files)) {
    if (!concerns(name)) continue;
    const found = await digestOf(join(path, name)).catch((error) => {
      throw corrupt(path, `${name} cannot be read (${(error as Error).message})`);
    });
    if (found.sha256 !== expected) throw corrupt(path, `${name} was changed or damaged`);
  }
  return state;
}

/** What a checkpoint says of itself. */
export async function readState(path: string): Promise<TrainingState> {
  try {
    return trainingState.parse(
      parseJson(String(await readGiven(join(path, STATE), { most: MOST_RECORD_BYTES }))),
    );
  } catch (error) {
    throw corrupt(path, `${STATE} is no training state (${(error as Error).message})`);
  }
}

function stateText(state: TrainingState): string {
  return `${JSON.stringify(state, null, 2)}\n`;
}

async function readAll(path: string): Promise<Map<string, Weight>> {
  const tensors = new Map<string, Weight>();
  for await (const { name, ...weight } of readTensors(path)) tensors.set(name, weight);
  return tensors;
}

function corrupt(path: string, reason: string): AlpacaError {
  return new AlpacaError('CorruptArtifact', `The checkpoint ${path} cannot be used: ${reason}.`, {
    remedy: 'Delete it and train again: the step goes on from the one before.',
  });
}
