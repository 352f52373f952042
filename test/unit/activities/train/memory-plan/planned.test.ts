import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unwatched } from '../../../../../activities/attempt.ts';
import { askDevice } from '../../../../../activities/train/memory-plan/ask-device.ts';
import { planTraining } from '../../../../../activities/train/plan/plan-training.ts';
import { tinyTraining } from '../tiny-training.ts';
import { settings } from '../training-settings.ts';

describe('the plan of a training', () => {
  it('is refused where the machine has not the memory for it, before any weights are read', async (test) => {
    const training = await tinyTraining(test);
    const memory = { kind: 'cpu', gpuBytes: null, hostBytes: 2 ** 20 } as const;
    await assert.rejects(
      planTraining({ ...training, settings }, { ...training, askMemory: async () => memory }),
      {
        code: 'InvalidInput',
        message: /^This training needs .* of the machine’s memory, and there are 0\.00 GiB/,
      },
    );
    const enough = { ...memory, hostBytes: 2 ** 34 };
    const { totalSteps } = await planTraining(
      { ...training, settings },
      { ...training, askMemory: async () => enough },
    );
    assert.equal(totalSteps, 10);
  });

  it('is refused where a setting would do nothing', async (test) => {
    const training = await tinyTraining(test);
    await assert.rejects(
      planTraining({ ...training, settings: { ...settings, exportBest: true } }, training),
      {
        code: 'InvalidInput',
        message: /^exportBest goes by the held-out loss on the way/,
      },
    );
  });

  it('asks a process of its own what there is', async () => {
    const { kind, gpuBytes, hostBytes } = await askDevice(unwatched);
    assert.ok(kind === 'cpu' || kind === 'gpu');
    assert.ok(gpuBytes === null || gpuBytes > 0);
    assert.ok(hostBytes > 2 ** 20);
  });
});
