import { normNames } from '../folder/config.ts';
import { type ComputeDType, scope, type Tensor } from '../kernels/tensor.ts';
import {
  type AttentionActivations,
  type AttentionShape,
  attention,
  attentionBackward,
} from './attention/attention.ts';
import { type PositionTables, positionsIn } from './attention/positions.ts';
import type { Gradients } from './gradients.ts';
import { type ResidualActivations, residual, residualBackward } from './residual.ts';
import { type SwigluActivations, swiglu, swigluBackward } from './swiglu.ts';
import type { Weights } from './weights.ts';

/** A decoder layer: attention, then the feed-forward, each a step of the residual stream. */
export interface LayerActivations {
  attention: ResidualActivations<AttentionActivations>;
  mlp: ResidualActivations<SwigluActivations>;
}

/** What a batch shares in all layers. */
export interface LayerShape extends Omit<AttentionShape, 'positions'> {
  dtype: ComputeDType;
  positions: PositionTables;
}

export function decoderLayer(
  x: Tensor,
  weights: Weights,
  layer: number,
  shape: LayerShape,
): { y: Tensor; saved: LayerActivations } {
  const { attentionName, attentionNormName, mlpName, mlpNormName } = names(shape, layer);
  return scope(() => {
    const attended = residual(x, weights, attentionNormName, shape, (input) =>
      attention(input, weights, attentionName, inLayer(shape, layer)),
    );
    const { y, saved } = residual(attended.y, weights, mlpNormName, shape, (input) =>
      swiglu(input, weights, mlpName),
    );
    return { y, saved: { attention: attended.saved, mlp: saved } };
  });
}

/**
 * Returns dx and frees what the forward pass saved, each part as soon as it is used.
 *
 * @param wantsInput false where nothing below is trained: then no dx is computed, and null returned
 */
export function decoderLayerBackward(
  dy: Tensor,
  saved: LayerActivations,
  weights: Weights,
  gradients: Gradients,
  layer: number,
  shape: LayerShape,
  wantsInput: boolean,
): Tensor | null {
  const { attentionName, attentionNormName, mlpName, mlpNormName } = names(shape, layer);
  return scope(() => {
    const dBetween = residualBackward(
      dy,
      saved.mlp,
      weights,
      gradients,
      mlpNormName,
      shape,
      (dOutput, input, inner) => swigluBackward(dOutput, input, inner, weights, gradients, mlpName),
    );
    if (!dBetween) return null;
    const attending = inLayer(shape, layer);
    return residualBackward(
      dBetween,
      saved.attention,
      weights,
      gradients,
      attentionNormName,
      shape,
      (dOutput, input, inner) =>
        attentionBackward(dOutput, input, inner, weights, gradients, attentionName, attending, wantsInput),
    );
  });
}

/** The layer's tensors in a Hugging Face checkpoint. */
export function names({ config }: Pick<LayerShape, 'config'>, layer: number) {
  const layerName = `model.layers.${layer}`;
  return {
    ...normNames(config, layer),
    attentionName: `${layerName}.self_attn`,
    mlpName: `${layerName}.mlp`,
  };
}

function inLayer(shape: LayerShape, layer: number): AttentionShape {
  return { ...shape, positions: positionsIn(shape.positions, shape.config, layer) };
}
