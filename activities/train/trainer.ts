import type { ShardOfRound } from '../../workflows/contracts/rounds.ts';
import type { TrainingSettings } from '../../workflows/contracts/train-activities.ts';
import { AlpacaError } from '../errors.ts';
import { ADAMW_DEFAULTS, AdamW } from '../model/adamw.ts';
import { initializeAdapter, type LoraConfig } from '../model/adapter/lora.ts';
import { assemblePacked, type Batch } from '../model/batch.ts';
import { checkExample, countTargets, type NumberedExample } from '../model/example.ts';
import { indexOfNonFinite } from '../model/folder/finite.ts';
import type { Model } from '../model/folder/folder.ts';
import type { Weight } from '../model/folder/safetensors.ts';
import { add } from '../model/kernels/operations.ts';
import { liveTensors, scope, type Tensor, toFloats, toNumber } from '../model/kernels/tensor.ts';
import { Gradients } from '../model/llama/gradients.ts';
import { Llama } from '../model/llama/model.ts';
import { TracedPasses } from '../model/llama/traced-pass.ts';
import type { Weights } from '../model/llama/weights.ts';
import { rowLosses } from '../model/losses.ts';
import { giveBackGarbage } from '../process/garbage.ts';
import { peakMemoryBytes } from '../process/peak-memory.ts';
import type { Checkpoint, CheckpointContent } from './checkpoint/checkpoint.ts';
import type { TrainingIdentity } from './checkpoint/identity.ts';
import { thisMachine } from './checkpoint/machine.ts';
import type { HeldOutProgress } from './early-stopping.ts';
import type { StepMetrics } from './metrics.ts';
import { checkTargets, listOf } from './plan/check-targets.ts';
import { type BatchPlan, rowsOf } from './plan/plan.ts';
import { type Position, positionOf, scheduledStep, warmthAt } from './plan/position.ts';
import { learningRateAt } from './plan/schedule.ts';
import type { StepGradients } from './process/repeatability.ts';

export interface TrainerOptions {
  /** the base model, whose weights are used where there is no checkpoint */
  model: Model;
  rows: readonly NumberedExample[];
  plan: BatchPlan;
  settings: TrainingSettings;
  /** the adapter to train beside the base model's frozen weights; null trains all weights */
  lora: LoraConfig | null;
  identity: TrainingIdentity;
  /** where to go on; null at the beginning */
  checkpoint: Checkpoint | null;
  /** which of a round's shards this is; null or absent where one worker trains */
  shard?: ShardOfRound | null;
  /** of a process that makes one trainer after another: what they share, and whoever gives it destroys it */
  passes?: TracedPasses;
}

/** What an optimizer step takes, made before it begins. */
interface PreparedStep {
  step: number;
  /** micro-batches with targets */
  batches: Batch[];
  /** in the whole global batch */
  targets: number;
  tokens: number;
}

/**
 * Trains step by step through a batch plan. Blocks its thread while a step runs; knows neither processes
 * nor Temporal.
 */
export class Trainer {
  /** without the weights, which are on the device */
  readonly #options: Omit<TrainerOptions, 'model' | 'checkpoint' | 'passes'>;
  readonly #model: Llama;
  readonly #passes: TracedPasses;
  readonly #ownsPasses: boolean;
  readonly #optimizer: AdamW;
  #position: Position;
  #tokens: number;
  /** of a round's shard */
  #targets: number;
  /** the step to come */
  #prepared: PreparedStep | null = null;

  /** @throws AlpacaError InvalidInput where rows do not fit the model, or a batch has nothing to learn */
  constructor(options: TrainerOptions) {
    const { model, checkpoint, passes, ...kept } = options;
    const { rows, plan, settings, lora } = kept;
    for (const row of rows) checkExample(row, model.config, `Row ${row.row}`);
    checkTargets(plan, rows);
    this.#options = kept;
    this.#passes = passes ?? new TracedPasses();
    this.#ownsPasses = passes === undefined;
    this.#position = positionOf(checkpoint?.state ?? null, kept.shard ?? null);
    this.#tokens = checkpoint?.state.tokens ?? 0;
    this.#targets = checkpoint?.state.targets ?? 0;
    const dtype = settings.precision === 'bf16' ? 'bfloat16' : 'float32';
    this.#model = new Llama(model.config, startingWeights(options), dtype, lora);
    const { weightDecay, clipNorm } = settings;
    const optimizer = { ...ADAMW_DEFAULTS, weightDecay, clipNorm };
    this.#optimizer = new AdamW(this.#model.parameters, optimizer, checkpoint?.moments ?? null);
  }

  /** The step of the plan to come. */
  get step(): number {
    return this.#position.step;
  }

  /**
   * One optimizer step: the micro-batches of the global batch, then one update.
   *
   * @throws AlpacaError TrainingDiverged where the loss or the gradient is no finite number; the trainer's
   *   weights are spoiled then, and no checkpoint may be made of them
   */
  runStep(): StepMetrics {
    const { plan, settings, shard = null } = this.#options;
    const { step, updates } = this.#position;
    const startedAt = performance.now();
    // Before the first step: what was read has gone to the device.
    if (this.#prepared === null) giveBackGarbage();
    const prepared = this.#prepared?.step === step ? this.#prepared : this.#prepare(step);
    const { targets, tokens } = prepared;
    const scheduled = learningRateAt(scheduledStep(step, shard), plan.totalSteps, settings);
    const learningRate = scheduled * (shard === null ? 1 : warmthAt(updates));
    const { lossSum, gradientNorm } = this.#update(prepared, learningRate);
    const loss = lossSum / targets;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
      throw this.#diverged(step, `the loss is ${loss}, the gradient's norm ${gradientNorm}`);
    const metrics: StepMetrics = {
      step,
      epoch: Math.floor(step / plan.stepsPerEpoch),
      loss,
      learningRate,
      gradientNorm,
      tokens,
      targets,
      tokensPerSecond: (tokens / (performance.now() - startedAt)) * 1000,
      memoryBytes: process.memoryUsage.rss(),
      peakMemoryBytes: peakMemoryBytes(),
      tensors: liveTensors(),
      heldOutLoss: null,
      endedAt: Date.now() / 1000,
    };
    this.#position = { step: step + 1, updates: updates + 1 };
    this.#tokens += tokens;
    this.#targets += targets;
    return metrics;
  }

  /** The gradients that the step to come will be made with, by the tensor's name. Changes nothing. */
  gradients(): StepGradients {
    const prepared = this.#prepared ?? this.#prepare(this.step);
    return scope(() => {
      const { gradients } = this.#computeGradients(prepared);
      const result = new Map(gradients.names().map((name) => [name, toFloats(gradients.get(name))]));
      gradients.free();
      return result;
    });
  }

  /** The mean negative log-likelihood of the targets of rows under the present weights, in nats. */
  async lossOf(rows: readonly NumberedExample[]): Promise<number> {
    const losses = await rowLosses(this.#model, rows);
    const targets = losses.reduce((total, row) => total + row.targets, 0);
    return losses.reduce((total, { sum }) => total + sum, 0) / targets;
  }

  /**
   * All that the steps to come depend on.
   *
   * @param heldOut what was measured between the steps, which only decides when they end
   * @param withMoments false where the next steps begin without: they are not brought from the device
   * @throws AlpacaError TrainingDiverged where a weight or a moment is no finite number: the loss of the step
   *   to come would say so, too late for the checkpoint
   */
  checkpoint(heldOut: HeldOutProgress, withMoments = true): CheckpointContent {
    const { step, updates } = this.#position;
    const { plan, lora, shard } = this.#options;
    const state: CheckpointContent['state'] = {
      format: 1,
      step,
      ...(updates !== step && { updates }),
      ...(shard && { shard, targets: this.#targets }),
      epoch: Math.floor(step / plan.stepsPerEpoch),
      tokens: this.#tokens,
      heldOut,
      identity: this.#options.identity,
      madeOn: thisMachine(),
    };
    if (lora) state.lora = lora;
    const content = {
      state,
      weights: this.#model.parameters.toWeights(),
      moments: withMoments ? this.#optimizer.moments() : null,
    };
    this.#checkFinite(content);
    return content;
  }

  destroy(): void {
    if (this.#ownsPasses) this.#passes.destroy();
    this.#optimizer.destroy();
    this.#model.destroy();
  }

  #prepare(step: number): PreparedStep {
    const microBatches = (this.#options.plan.steps[step] ?? []).map((planned) =>
      planned.map((row) => rowsOf(row).map((index) => this.#row(index))),
    );
    const rows = microBatches.flat(2);
    return {
      step,
      batches: microBatches.map(assemblePacked).filter((batch) => batch.targets.length > 0),
      targets: rows.reduce((sum, row) => sum + countTargets(row), 0),
      tokens: rows.reduce((sum, row) => sum + row.inputIds.length, 0),
    };
  }

  /**
   * Waits for the device once, when everything has been asked of it. A GPU computes meanwhile, and the next
   * step is prepared.
   */
  #update(prepared: PreparedStep, learningRate: number) {
    const { step, targets } = prepared;
    return scope(() => {
      const { gradients, losses } = this.#computeGradients(prepared);
      const norm = this.#optimizer.update(gradients, targets, this.#position.updates + 1, learningRate);
      gradients.free();
      this.#prepared = step + 1 < this.#options.plan.totalSteps ? this.#prepare(step + 1) : null;
      return { lossSum: toNumber(losses.reduce(add)), gradientNorm: toNumber(norm) };
    });
  }

  /** Sums over the global batch, and the loss of each micro-batch. */
  #computeGradients({ batches, targets }: PreparedStep): { gradients: Gradients; losses: Tensor[] } {
    const { zLoss, lossReduction, activationCheckpointing } = this.#options.settings;
    const weights = this.#model.parameters.read(this.#model.dtype);
    const gradients = new Gradients();
    const losses = batches.map((batch, microBatch) => {
      const weight = lossReduction === 'mean' ? 1 : targets / (batches.length * batch.targets.length);
      const withDropout = this.#withDropout(weights, microBatch);
      const options = { zLoss, weight, activationCheckpointing };
      return this.#passes.lossAndGradients(this.#model, withDropout, batch, gradients, options);
    });
    // An update copies every variable that is still being read.
    weights.free();
    return { gradients, losses };
  }

  #withDropout(weights: Weights, microBatch: number): Weights {
    const { lora, settings } = this.#options;
    if (!lora || lora.dropout === 0) return weights;
    return weights.withDropout({ rate: lora.dropout, seed: settings.runSeed, step: this.step, microBatch });
  }

  #row(index: number): NumberedExample {
    const row = this.#options.rows[index];
    if (row) return row;
    throw new AlpacaError(
      'InvalidInput',
      `The batch plan names the row ${index}, and there are ${this.#options.rows.length}.`,
      { remedy: 'Train with the tokens that the plan was made of.' },
    );
  }

  #checkFinite({ weights, moments }: CheckpointContent): void {
    for (const [what, tensors] of [
      ['weight', weights],
      ['first moment', moments?.first ?? []],
      ['second moment', moments?.second ?? []],
    ] as const) {
      for (const [name, { data }] of tensors) {
        const spoiled = indexOfNonFinite(data);
        if (spoiled >= 0)
          throw this.#diverged(this.step - 1, `its update made a ${what} of ${name} ${data[spoiled]}`);
      }
    }
  }

  #diverged(step: number, how: string): AlpacaError {
    const rows = (this.#options.plan.steps[step] ?? [])
      .flat()
      .flatMap(rowsOf)
      .map((row) => this.#row(row));
    return new AlpacaError(
      'TrainingDiverged',
      `The training diverged at step ${step}, on the rows ${listOf(rows)}: ${how}.`,
      { remedy: 'The last checkpoint is kept. Lower the learning rate, warm up longer, or mend those rows.' },
    );
  }
}

/** The base model's weights, or the checkpoint's; with LoRA both, since each has what the other lacks. */
function startingWeights({ model, checkpoint, lora, settings }: TrainerOptions): ReadonlyMap<string, Weight> {
  if (!lora) return checkpoint?.weights ?? model.weights;
  const { config, weights } = model;
  const adapter = checkpoint?.weights ?? initializeAdapter(config, weights, lora, settings.runSeed);
  return new Map([...weights, ...adapter]);
}
