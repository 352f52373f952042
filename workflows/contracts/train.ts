import { z } from 'zod';
import { artifactReference, dataSource } from './data.ts';
import { roundSettings } from './rounds.ts';
import { INTERNAL, runSettings } from './run.ts';
import { tokenizeSettings } from './tokenize.ts';
import { engineSettings } from './train/engine.ts';

/** The step `train`: what it takes and gives, and what it says of itself while it runs. Its activities are in train-activities.ts. */

/** The linear layers of a decoder layer, by the names that PEFT's `target_modules` has for them. */
export const targetModules = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const;

/** What a checkpoint names by digest or by value, and a training that goes on from it may be allowed to change. */
const changeable = ['config', 'tokenizer', 'base', 'data', 'plan', 'settings'] as const;
export type Changeable = (typeof changeable)[number];

/** By the end of a layer's name, as PEFT's patterns. */
function byLayer(value: z.ZodNumber) {
  return z.record(z.string().regex(/^\w+(\.\w+)*$/), value).default({});
}

export const trainSettings = z.strictObject({
  method: z
    .enum(['full', 'lora'])
    .default('full')
    .describe('What is trained: all weights, or low-rank adapters beside frozen weights'),
  loraRank: z.int().min(1).max(1024).default(8).describe('With LoRA: the rank of an adapter’s two matrices'),
  loraAlpha: z
    .number()
    .gt(0)
    .max(4096)
    .default(16)
    .describe('With LoRA: the adapter’s product is multiplied by this over the rank'),
  loraDropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0.05)
    .describe('With LoRA: the share of an adapter’s inputs that training zeroes'),
  loraTargets: z
    .array(z.enum(targetModules))
    .min(1)
    .default(['q_proj', 'v_proj'])
    .describe('With LoRA: the linear layers that are adapted, in every decoder layer'),
  loraRankStabilized: z
    .boolean()
    .default(false)
    .describe('With LoRA: the product is multiplied by alpha over the root of the rank (rsLoRA)'),
  loraRankPattern: byLayer(z.int().min(1).max(1024)).describe(
    'With LoRA: ranks of some layers, by the end of their names, as `down_proj` or `layers.0.self_attn.q_proj`',
  ),
  loraAlphaPattern: byLayer(z.number().gt(0).max(4096)).describe(
    'With LoRA: alphas of some layers, by the end of their names',
  ),
  epochs: z.int().min(1).max(1000).default(3).describe('How often every row is learnt from'),
  shardsPerEpoch: z
    .int()
    .min(1)
    .max(1000)
    .default(2)
    .describe('With one worker: activities that an epoch is trained in; changes nothing of the result'),
  globalBatch: z.int().min(1).max(65_536).default(8).describe('Rows in an optimizer step'),
  microBatch: z
    .int()
    .min(1)
    .max(65_536)
    .default(8)
    .describe('Rows in one forward and backward; gradients accumulate to the global batch'),
  packing: z
    .boolean()
    .default(false)
    .describe('Put the rows of a step together into packed rows, each blind to the others: less padding'),
  packedLength: z
    .int()
    .min(8)
    .max(131_072)
    .default(512)
    .describe(
      'With packing: tokens of a packed row, which `microBatch` then counts; at least as many as the longest row of the step has',
    ),
  activationCheckpointing: z
    .boolean()
    .default(false)
    .describe('Keep only the inputs of layers and compute the rest again: less memory, a third more work'),
  learningRate: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'The highest; null: 2e-5 for all of pretrained weights, 3e-4 for LoRA beside such, 2e-3 from random weights',
    ),
  schedule: z
    .enum(['cosine', 'linear', 'constant'])
    .default('cosine')
    .describe('How the learning rate falls after warm-up'),
  warmupRatio: z
    .number()
    .min(0)
    .max(1)
    .default(0.03)
    .describe('The share of steps in which the learning rate rises from 0'),
  weightDecay: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Decoupled, as AdamW’s; norms and biases are exempt'),
  clipNorm: z
    .number()
    .gt(0)
    .nullable()
    .default(1)
    .describe('The greatest norm of a gradient; null does not clip'),
  lossReduction: z
    .enum(['mean', 'micro-batch-mean'])
    .default('mean')
    .describe(
      'Over all targets of the global batch, or the micro-batches’ means averaged as in the original',
    ),
  zLoss: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Coefficient of the squared logarithm of each softmax’s denominator; 0 is off'),
  precision: z
    .enum(['f32', 'bf16'])
    .default('f32')
    .describe('What is computed in, and frozen weights are held in; what is trained is f32'),
  checkpointEverySteps: z.int().min(1).default(50).describe('Optimizer steps between two checkpoints'),
  keepCheckpoints: z
    .int()
    .min(1)
    .max(10_000)
    .default(2)
    .describe('How many of a run’s latest checkpoints are kept; the best is kept beside them'),
  evaluateEverySteps: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Optimizer steps between two measurements of held-out loss; null measures before and after only. With several workers: after the round in which a multiple of it falls',
    ),
  patience: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Measurements in a row without improvement that end training early; null never ends it'),
  minimumImprovement: z
    .number()
    .min(0)
    .default(0)
    .describe('Nats by which held-out loss must fall below the best before it to count as improved'),
  exportDtype: z
    .enum(['base', 'float32'])
    .default('base')
    .describe('What the trained model leaves in: what its base is in, or float32, in which it was trained'),
  exportBest: z
    .boolean()
    .default(false)
    .describe('Export the checkpoint of the lowest measured held-out loss in place of the last'),
  continueFrom: dataSource
    .nullable()
    .default(null)
    .describe('A checkpoint (artifact:// uri) of another run to go on from, at its step'),
  allowChanged: z
    .array(z.enum(changeable))
    .default([])
    .describe('What may differ from what the checkpoint to go on from was made with'),
  ...roundSettings.shape,
  ...engineSettings.shape,
});

/** The checkpoint with the lowest held-out loss that was measured so far. */
export const bestCheckpoint = z.strictObject({
  /** updates made when it was measured */
  step: z.int(),
  /** mean negative log-likelihood of the held-out targets, in nats */
  loss: z.number(),
  checkpoint: artifactReference,
});
export type BestCheckpoint = z.infer<typeof bestCheckpoint>;

/** How training stands after its latest step. */
export const trainingFigures = z.strictObject({
  /** updates made */
  step: z.int(),
  /** of the latest step, in nats per target token */
  loss: z.number(),
  learningRate: z.number(),
  /** of the mean gradient, before clipping */
  gradientNorm: z.number(),
  tokensPerSecond: z.number(),
  /** resident memory of the training process, and the most that it was */
  memoryBytes: z.int(),
  peakMemoryBytes: z.int(),
  /** as measured last, in nats per target token; null where it was not measured on the way */
  heldOutLoss: z.number().nullable(),
});
export type TrainingFigures = z.infer<typeof trainingFigures>;

/** The signal by which the running shard tells its workflow these figures. */
export const TRAINING_SIGNAL = `${INTERNAL}training`;

export const trainInput = z.strictObject({
  ...runSettings.shape,
  ...trainSettings.shape,
  data: dataSource
    .default('builtin')
    .describe('Rows as text; tokenized first where `tokenized` is not given'),
  model: tokenizeSettings.shape.model,
  tokenized: z
    .strictObject({
      model: artifactReference,
      tokens: artifactReference,
      heldOutTokens: artifactReference,
      addedTokens: z.array(z.string()).default([]),
    })
    .nullable()
    .default(null),
});
export type TrainInput = z.infer<typeof trainInput>;

export const trainResult = z.strictObject({
  model: artifactReference,
  adapter: artifactReference
    .nullable()
    .default(null)
    .describe('With LoRA: the adapter as a PEFT folder; `model` has it merged'),
  checkpoint: artifactReference,
  metrics: artifactReference.describe(
    'One JSON object per optimizer step: step, epoch, loss, learningRate, gradientNorm, tokens, tokensPerSecond',
  ),
  tensorBoard: artifactReference.nullable().default(null).describe('The same as a TensorBoard event file'),
  rounds: artifactReference
    .nullable()
    .default(null)
    .describe(
      'With several workers: one JSON object per round: what it was merged from, and the bytes handed over',
    ),
  steps: z.int(),
  learningRate: z.number().nullable().default(null).describe('The highest that it was trained with'),
  warning: z.string().nullable().default(null).describe('What of its settings was out of the ordinary'),
  best: bestCheckpoint
    .nullable()
    .default(null)
    .describe('The lowest held-out loss measured on the way; null where none was measured'),
  stoppedEarly: z.string().nullable().default(null).describe('Why training ended before its last step'),
  peakMemoryBytes: z.int().nullable().default(null).describe('The most resident memory of the last shard'),
  parameters: z.int(),
  /** mean negative log-likelihood in nats of the held-out targets */
  loss: z.strictObject({ before: z.number(), after: z.number() }),
});
export type TrainResult = z.infer<typeof trainResult>;
