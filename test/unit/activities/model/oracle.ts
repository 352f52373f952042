import { createRequire } from 'node:module';
import util from 'node:util';
import type * as TensorFlowJs from '@tensorflow/tfjs';
import {
  type LoraConfig,
  nameOfA,
  nameOfB,
  scaleOf,
  TOKEN_ROWS,
} from '../../../../activities/model/adapter/lora.ts';
import { type Example, IGNORED_LABEL } from '../../../../activities/model/example.ts';
import type { LlamaConfig } from '../../../../activities/model/folder/config.ts';
import type { Weight } from '../../../../activities/model/folder/safetensors.ts';
import { rotaryFrequencies } from '../../../../activities/model/llama/attention/rotary.ts';
import { applySettings } from '../../../../activities/model/tensorflow.ts';

/**
 * The same model in TensorFlow.js's own operations, differentiated by TensorFlow.js: slow, short and
 * written from the definition, to hold the hand-written passes against.
 */
export interface OracleResult {
  /** summed negative log-likelihood of the targets, in nats */
  lossSum: number;
  gradients: Map<string, Float32Array>;
}

export interface OracleOptions {
  lora?: LoraConfig;
  /** ones and zeros [tokens * in] for the adapter of a layer; dropout is off without it */
  keptInputs?: (layer: string, shape: readonly number[]) => Float32Array;
  zLoss?: number;
}

/**
 * The summed loss of the examples, each run by itself without padding, and its gradients in all weights,
 * frozen or not.
 */
export function oracleGradients(
  config: LlamaConfig,
  weights: ReadonlyMap<string, Weight>,
  examples: readonly Example[],
  options: OracleOptions = {},
): OracleResult {
  const tf = loadTensorFlowJs();
  tf.engine().startScope();
  try {
    const variables = new Map(
      [...weights].map(([name, { shape, data }]) => [name, tf.variable(tf.tensor(data, shape), true)]),
    );
    const sumOfLosses = () => {
      const losses = examples.map((example) => exampleLoss(tf, config, variables, example, options));
      return tf.addN(losses).asScalar();
    };
    const { value, grads } = tf.variableGrads(sumOfLosses, [...variables.values()]);
    const gradients = new Map<string, Float32Array>();
    for (const [name, variable] of variables) {
      const gradient = grads[variable.name];
      if (gradient) gradients.set(name, Float32Array.from(gradient.dataSync()));
      variable.dispose();
    }
    return { lossSum: value.dataSync()[0] ?? Number.NaN, gradients };
  } finally {
    tf.engine().endScope();
  }
}

type Tf = typeof TensorFlowJs;
type Variables = ReadonlyMap<string, TensorFlowJs.Variable>;

function exampleLoss(
  tf: Tf,
  config: LlamaConfig,
  variables: Variables,
  example: Example,
  options: OracleOptions,
): TensorFlowJs.Tensor {
  const length = example.inputIds.length;
  const times: number[] = [];
  for (let time = 0; time + 1 < length; time += 1)
    if (example.labels[time + 1] !== IGNORED_LABEL) times.push(time);
  const targets = times.map((time) => example.labels[time + 1] ?? 0);
  const logits = tf.gather(
    forward(tf, config, variables, example.inputIds, options),
    tf.tensor1d(times, 'int32'),
  );
  const chosen = tf.oneHot(tf.tensor1d(targets, 'int32'), config.vocabSize);
  const negativeLogLikelihood = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), chosen)));
  const { zLoss = 0 } = options;
  if (zLoss === 0) return negativeLogLikelihood;
  return negativeLogLikelihood.add(tf.sum(tf.square(tf.logSumExp(logits, -1))).mul(zLoss));
}

/** Logits [length, vocabulary] of one row. */
function forward(
  tf: Tf,
  config: LlamaConfig,
  variables: Variables,
  inputIds: Int32Array,
  { lora, keptInputs }: OracleOptions,
): TensorFlowJs.Tensor2D {
  const { heads, keyValueHeads, headSize, normEpsilon, queryKeyNorm, normsAfter } = config;
  const length = inputIds.length;
  const weight = (name: string): TensorFlowJs.Tensor => {
    const variable = variables.get(name);
    if (!variable) throw new RangeError(`there is no weight ${name}`);
    return variable;
  };
  const norm = (x: TensorFlowJs.Tensor, name: string) =>
    x.mul(x.square().mean(-1, true).add(normEpsilon).rsqrt()).mul(weight(name));
  const linear = (x: TensorFlowJs.Tensor, name: string) => {
    const y = tf.matMul(
      x as TensorFlowJs.Tensor2D,
      weight(`${name}.weight`) as TensorFlowJs.Tensor2D,
      false,
      true,
    );
    const biased = variables.has(`${name}.bias`) ? y.add(weight(`${name}.bias`)) : y;
    return lora && variables.has(nameOfA(name)) ? biased.add(adapted(x, name, lora)) : biased;
  };
  const adapted = (x: TensorFlowJs.Tensor, name: string, lora: LoraConfig) => {
    const kept = keptInputs ? x.mul(tf.tensor(keptInputs(name, x.shape), x.shape)).div(1 - lora.dropout) : x;
    const product = tf.matMul(kept, weight(nameOfA(name)), false, true);
    return tf.matMul(product, weight(nameOfB(name)), false, true).mul(scaleOf(lora, name));
  };
  const tokenMatrix = (name: string) => {
    const rows = TOKEN_ROWS.find(([matrix]) => matrix === name)?.[1] ?? '';
    if (!lora || !variables.has(rows)) return weight(name);
    const places = tf.oneHot(tf.tensor1d([...lora.trainedTokens], 'int32'), config.vocabSize);
    const frozen = weight(name).mul(tf.sub(1, places.sum(0)).reshape([-1, 1]));
    return frozen.add(
      tf.matMul(places as TensorFlowJs.Tensor2D, weight(rows) as TensorFlowJs.Tensor2D, true),
    );
  };
  const byHead = (x: TensorFlowJs.Tensor, count: number) =>
    x.reshape<TensorFlowJs.Tensor3D>([length, count, headSize]).transpose<TensorFlowJs.Tensor3D>([1, 0, 2]);
  const rotate = rotation(tf, config, length);
  const maskWithin = (window: number | null) =>
    tf.linalg
      .bandPart(tf.ones([length, length]), window === null ? -1 : Math.min(length, window) - 1, 0)
      .sub(1)
      .mul(1e9);
  // Each query head's key-value head; TensorFlow.js has no gradient for a tile of rank 5.
  const shared = tf.tensor1d(
    Array.from({ length: heads }, (_, head) => Math.floor((head * keyValueHeads) / heads)),
    'int32',
  );

  let x: TensorFlowJs.Tensor = tf
    .gather(tokenMatrix('model.embed_tokens.weight'), tf.tensor1d(inputIds, 'int32'))
    .mul(config.embeddingMultiplier);
  const step = (normName: string, compute: (taken: TensorFlowJs.Tensor) => TensorFlowJs.Tensor) => {
    const y = normsAfter ? norm(compute(x), normName) : compute(norm(x, normName));
    x = x.add(y.mul(config.residualMultiplier));
  };
  for (let layer = 0; layer < config.layers; layer += 1) {
    const name = `model.layers.${layer}`;
    const [attentionNorm, mlpNorm] = normsAfter
      ? ['post_attention_layernorm', 'post_feedforward_layernorm']
      : ['input_layernorm', 'post_attention_layernorm'];
    const isTurned = !config.unturnedLayers.includes(layer);
    const window = config.window?.layers.includes(layer) ? config.window.tokens : null;
    step(`${name}.${attentionNorm}.weight`, (taken) => {
      const turned = (part: 'q' | 'k', count: number) => {
        const y = linear(taken, `${name}.self_attn.${part}_proj`);
        const normed = (values: TensorFlowJs.Tensor) => norm(values, `${name}.self_attn.${part}_norm.weight`);
        const split = byHead(queryKeyNorm === 'all' ? normed(y) : y, count);
        const ready = queryKeyNorm === 'head' ? (normed(split) as TensorFlowJs.Tensor3D) : split;
        return isTurned ? rotate(ready) : ready;
      };
      const queries = turned('q', heads);
      const keys = tf.gather(turned('k', keyValueHeads), shared);
      const values = tf.gather(byHead(linear(taken, `${name}.self_attn.v_proj`), keyValueHeads), shared);
      const scores = tf
        .matMul(queries, keys, false, true)
        .mul(config.attentionMultiplier ?? 1 / Math.sqrt(headSize))
        .add(maskWithin(window));
      const mixed = tf
        .matMul(tf.softmax(scores), values)
        .transpose([1, 0, 2])
        .reshape([length, heads * headSize]);
      return linear(mixed, `${name}.self_attn.o_proj`);
    });
    step(`${name}.${mlpNorm}.weight`, (taken) => {
      const gate = linear(taken, `${name}.mlp.gate_proj`);
      const product = gate.mul(gate.sigmoid()).mul(linear(taken, `${name}.mlp.up_proj`));
      return linear(product, `${name}.mlp.down_proj`);
    });
  }
  const last = norm(x, 'model.norm.weight') as TensorFlowJs.Tensor2D;
  const head = config.tieEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  return tf.matMul(last, tokenMatrix(head) as TensorFlowJs.Tensor2D, false, true).div(config.logitsDivisor);
}

/** x cos + rotate_half(x) sin, on [heads, length, headSize]. */
function rotation(tf: Tf, config: LlamaConfig, length: number) {
  const frequencies = rotaryFrequencies(config);
  const angles = Array.from({ length }, (_, position) => {
    const half = [...frequencies].map((frequency) => position * frequency);
    return [...half, ...half];
  });
  const cosine = tf.cos(tf.tensor2d(angles));
  const sine = tf.sin(tf.tensor2d(angles));
  return (x: TensorFlowJs.Tensor3D): TensorFlowJs.Tensor3D => {
    const [first, second] = tf.split(x, 2, 2);
    if (!first || !second) throw new RangeError('a head splits into two halves');
    return x.mul(cosine).add(tf.concat([second.neg(), first], 2).mul(sine));
  };
}

/** TensorFlow.js, over the same library and binding. */
function loadTensorFlowJs(): typeof TensorFlowJs {
  applySettings(process.env);
  restoreRemovedNodeFunctions();
  return createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
}

/** tfjs-node 4.22.0 calls both: Node 23 removed the first, and the second warns on standard error. */
function restoreRemovedNodeFunctions(): void {
  const removed = util as {
    isNullOrUndefined?: (value: unknown) => boolean;
    isArray?: (value: unknown) => boolean;
  };
  removed.isNullOrUndefined ??= (value) => value === null || value === undefined;
  removed.isArray = Array.isArray;
}
