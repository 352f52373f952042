import { AlpacaError } from '../../errors.ts';
import { readState, type TrainingState } from './checkpoint.ts';

/**
 * What a checkpoint that a training may go on from says of itself.
 *
 * @param name what messages call it
 * @throws AlpacaError InvalidInput where it is one worker's, in the middle of a round
 */
export async function readWholeState(path: string, name: string): Promise<TrainingState> {
  const state = await readState(path);
  if (!state.shard) return state;
  throw new AlpacaError(
    'InvalidInput',
    `The checkpoint ${name} is of one worker in the middle of a round of several: it lacks what the others have learnt.`,
    { remedy: 'Name the checkpoint of a round that is merged, such as the one in a result.' },
  );
}
