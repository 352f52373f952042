import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StepMetrics } from '../../../../../activities/train/metrics.ts';
import { MeasuredTraining } from '../../../../../activities/train/process/measured-training.ts';
import { METRICS as STEPS } from '../../../../fixtures/train/metrics.ts';
import { measuredDuring } from '../../../../measured.ts';
import { settings } from '../training-settings.ts';

const SHARD = { settings: { ...settings, checkpointEverySteps: 50 }, fromStep: 0, toStep: 200 };

function stepOf(change: Partial<StepMetrics>): StepMetrics {
  const [first] = STEPS;
  assert.ok(first);
  return { ...first, tokens: 1000, loss: 2.5, heldOutLoss: null, memoryBytes: 4096, ...change };
}

describe('a training that is measured', () => {
  it('begins with no checkpoint that is overdue, and tells of each step', (test) => {
    const found = measuredDuring(test);
    const began = Date.now() / 1000;
    const training = new MeasuredTraining();
    assert.ok((found.alpaca_training_checkpoint_timestamp_seconds ?? 0) >= began);
    assert.equal(found.alpaca_training_checkpoint_interval_seconds, 0);
    training.step(stepOf({ tokensPerSecond: 500 }), SHARD);
    training.step(stepOf({ tokensPerSecond: 250, loss: 2, heldOutLoss: 3 }), SHARD);
    delete found.alpaca_training_checkpoint_timestamp_seconds;
    assert.deepEqual(found, {
      alpaca_training_active: 1,
      alpaca_training_steps: 2,
      alpaca_training_tokens: 2000,
      alpaca_training_tokens_per_second: 250,
      alpaca_training_loss_nats: 2,
      alpaca_training_held_out_loss_nats: 3,
      alpaca_training_memory_bytes: 4096,
      // 50 steps of 3 s in the mean
      alpaca_training_checkpoint_interval_seconds: 150,
    });
    training.end();
    assert.equal(found.alpaca_training_active, 0);
  });

  it('shows nothing of the one before it', (test) => {
    const found = measuredDuring(test);
    new MeasuredTraining().step(stepOf({ heldOutLoss: 3 }), SHARD);
    new MeasuredTraining();
    delete found.alpaca_training_checkpoint_timestamp_seconds;
    delete found.alpaca_training_steps;
    delete found.alpaca_training_tokens;
    assert.deepEqual(found, {
      alpaca_training_active: 1,
      alpaca_training_tokens_per_second: 0,
      alpaca_training_loss_nats: 0,
      alpaca_training_held_out_loss_nats: 0,
      alpaca_training_memory_bytes: 0,
      alpaca_training_checkpoint_interval_seconds: 0,
    });
  });

  it('has a checkpoint at the end of a shard at the latest', (test) => {
    const found = measuredDuring(test);
    new MeasuredTraining().step(stepOf({ tokensPerSecond: 500 }), { ...SHARD, toStep: 10 });
    assert.equal(found.alpaca_training_checkpoint_interval_seconds, 20);
  });
});
