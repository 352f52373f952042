import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AlpacaError } from '../../errors.ts';
import { readHeader } from '../../model/folder/safetensors.ts';
import { readState, type TrainingState, UPDATE } from './checkpoint.ts';

/**
 * What a checkpoint that a training may go on from says of itself, once the headers of its files of
 * tensors were read. Their digests are checked where it is loaded.
 *
 * @param name what messages call it
 * @throws AlpacaError CorruptArtifact; NotFound or InvalidInput naming the file; InvalidInput where it is one
 *   worker's, in the middle of a round
 */
export async function readWholeState(path: string, name: string): Promise<TrainingState> {
  // What one worker ended a round with is an update and no checkpoint; what it had on its way is one.
  if (existsSync(join(path, UPDATE))) throw unmerged(name);
  const state = await readState(path);
  if (state.shard) throw unmerged(name);
  for (const file of Object.keys(state.files).filter((name) => name.endsWith('.safetensors')))
    await readHeader(join(path, file));
  return state;
}

function unmerged(name: string): AlpacaError {
  return new AlpacaError(
    'InvalidInput',
    `The checkpoint ${name} is of one worker in the middle of a round of several: it lacks what the others have learnt.`,
    { remedy: 'Name the checkpoint of a round that is merged, such as the one in a result.' },
  );
}
