import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { AlpacaError } from '../../../../../activities/errors.ts';
import type { CheckpointPointer } from '../../../../../activities/train/checkpoint/checkpoint-pointer.ts';
import { throughDeaths } from '../../../../../activities/train/process/deaths.ts';

const died = new AlpacaError('ProcessDied', 'The training process 7 was ended by SIGKILL.');

describe('a training process that dies', () => {
  const alone = { attempt: unwatched, saveWithinMs: 60_000, toStep: 10, isAlone: true };

  it('is followed by another from what was saved', async () => {
    const recorder = { latest: savedAt(3), settle: async () => null };
    const from: (number | null)[] = [];
    const goOnFrom = async (reached: CheckpointPointer | null) => {
      from.push(reached?.step ?? null);
      if (from.length === 1) throw died;
      return { stoppedEarly: null, interrupted: false };
    };
    await throughDeaths(goOnFrom, null, recorder, alone);
    assert.deepEqual(from, [null, 3]);
  });

  it('is not where its last checkpoint could not be kept: the attempt fails for that', async () => {
    const away = new AlpacaError('StoreAway', 'The store is away.');
    const recorder = { latest: savedAt(3), settle: async () => away };
    const goOnFrom = async () => {
      throw died;
    };
    await assert.rejects(throughDeaths(goOnFrom, null, recorder, alone), { code: 'StoreAway' });
  });
});

function savedAt(step: number): CheckpointPointer {
  const checkpoint = { uri: 'artifact://checkpoint/0/checkpoint', sha256: '0', bytes: 0, rows: 0 };
  return { step, checkpoint, best: null };
}
