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
    const recorder = { latest: savedAt(3), settle: async () => null, died() {} };
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
    const recorder = { latest: savedAt(3), settle: async () => away, died() {} };
    const goOnFrom = async () => {
      throw died;
    };
    await assert.rejects(throughDeaths(goOnFrom, null, recorder, alone), { code: 'StoreAway' });
  });

  const rates = [
    { secondsBetween: 8, deaths: 8, reported: 7 },
    { secondsBetween: 9, deaths: 30, reported: 29 },
  ];
  for (const { secondsBetween, deaths, reported } of rates)
    it(`is not after ${deaths} deaths, one in ${secondsBetween} s`, async (test) => {
      test.mock.timers.enable({ apis: ['Date'] });
      const told = { begun: 0, reported: 0 };
      const recorder = {
        latest: savedAt(0),
        settle: async () => null,
        died() {
          told.reported += 1;
        },
      };
      const goOnFrom = async () => {
        told.begun += 1;
        test.mock.timers.tick(1000 * secondsBetween);
        // The 30th saves nothing.
        if (told.begun < 30) recorder.latest = savedAt(told.begun);
        throw died;
      };
      await assert.rejects(throughDeaths(goOnFrom, null, recorder, { ...alone, toStep: 100 }), {
        code: 'ProcessDied',
      });
      assert.deepEqual(told, { begun: deaths, reported });
    });
});

function savedAt(step: number): CheckpointPointer {
  const checkpoint = { uri: 'artifact://checkpoint/0/checkpoint', sha256: '0', bytes: 0, rows: 0 };
  return { step, checkpoint, best: null };
}
