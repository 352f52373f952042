import type { TrainShardInput } from '../../../workflows/contracts/train-activities.ts';
import { measure } from '../../telemetry.ts';
import type { StepMetrics } from '../metrics.ts';

const OF_THE_LATEST_STEP = [
  'alpaca_training_tokens_per_second',
  'alpaca_training_loss_nats',
  'alpaca_training_held_out_loss_nats',
  'alpaca_training_memory_bytes',
  'alpaca_training_checkpoint_interval_seconds',
] as const;

/** What is told of the shard that this process trains while it does; a worker has one at a time. */
export class MeasuredTraining {
  #steps = 0;
  #seconds = 0;

  constructor() {
    measure('alpaca_training_active', 1);
    // Not the figures of the one before it.
    for (const name of OF_THE_LATEST_STEP) measure(name, 0);
    this.checkpoint();
  }

  step(
    { tokens, tokensPerSecond, loss, heldOutLoss, memoryBytes }: StepMetrics,
    { settings, fromStep, toStep }: Pick<TrainShardInput, 'settings' | 'fromStep' | 'toStep'>,
  ): void {
    this.#steps += 1;
    this.#seconds += tokens / tokensPerSecond;
    const betweenCheckpoints = Math.min(settings.checkpointEverySteps, toStep - fromStep);
    const secondsBetween = (betweenCheckpoints * this.#seconds) / this.#steps;
    measure('alpaca_training_steps', 1);
    measure('alpaca_training_tokens', tokens);
    measure('alpaca_training_tokens_per_second', tokensPerSecond);
    measure('alpaca_training_loss_nats', loss);
    if (heldOutLoss !== null) measure('alpaca_training_held_out_loss_nats', heldOutLoss);
    measure('alpaca_training_memory_bytes', memoryBytes);
    measure('alpaca_training_checkpoint_interval_seconds', secondsBetween);
  }

  /** One is in the store, or the shard has begun. */
  checkpoint(): void {
    measure('alpaca_training_checkpoint_timestamp_seconds', Date.now() / 1000);
  }

  end(): void {
    measure('alpaca_training_active', 0);
  }
}
