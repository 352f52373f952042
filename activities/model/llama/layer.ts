import { add, cast } from '../kernels/operations.ts';
import { type ComputeDType, free, scope, type Tensor } from '../kernels/tensor.ts';
import {
  type AttentionActivations,
  type AttentionShape,
  attention,
  attentionBackward,
} from './attention/attention.ts';
import type { Gradients } from './gradients.ts';
import { type NormActivations, rmsNorm, rmsNormBackward } from './norm.ts';
import { type SwigluActivations, swiglu, swigluBackward } from './swiglu.ts';
import type { Weights } from './weights.ts';

/**
 * A decoder layer: x + attention(norm(x)), then that + swiglu(norm(that)). The residual stream and the
 * norms are f32 [tokens, hidden]; what the matrix products take is cast to the compute dtype.
 */
export interface LayerActivations {
  attentionNorm: NormActivations;
  attentionInput: Tensor;
  attention: AttentionActivations;
  mlpNorm: NormActivations;
  mlpInput: Tensor;
  mlp: SwigluActivations;
}

export interface LayerShape extends AttentionShape {
  dtype: ComputeDType;
}

export function decoderLayer(
  x: Tensor,
  weights: Weights,
  layer: number,
  shape: LayerShape,
): { y: Tensor; saved: LayerActivations } {
  const { attentionName, attentionNormName, mlpName, mlpNormName } = names(layer);
  const { normEpsilon } = shape.config;
  return scope(() => {
    const attentionNorm = rmsNorm(x, weights, attentionNormName, normEpsilon);
    const attentionInput = cast(attentionNorm.y, shape.dtype);
    const attended = attention(attentionInput, weights, attentionName, shape);
    const between = add(x, cast(attended.y, 'float32'));
    const mlpNorm = rmsNorm(between, weights, mlpNormName, normEpsilon);
    const mlpInput = cast(mlpNorm.y, shape.dtype);
    const mlp = swiglu(mlpInput, weights, mlpName);
    const y = add(between, cast(mlp.y, 'float32'));
    const saved = {
      attentionNorm: attentionNorm.saved,
      attentionInput,
      attention: attended.saved,
      mlpNorm: mlpNorm.saved,
      mlpInput,
      mlp: mlp.saved,
    };
    return { y, saved };
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
  const { attentionName, attentionNormName, mlpName, mlpNormName } = names(layer);
  return scope(() => {
    const dBetween = scope(() => {
      const dInput = swigluBackward(
        cast(dy, shape.dtype),
        saved.mlpInput,
        saved.mlp,
        weights,
        gradients,
        mlpName,
      );
      free(saved.mlp, saved.mlpInput);
      return add(
        dy,
        rmsNormBackward(cast(dInput, 'float32'), saved.mlpNorm, weights, gradients, mlpNormName),
      );
    });
    free(saved.mlpNorm);
    const dInput = attentionBackward(
      cast(dBetween, shape.dtype),
      saved.attentionInput,
      saved.attention,
      weights,
      gradients,
      attentionName,
      shape,
      wantsInput,
    );
    free(saved.attention, saved.attentionInput);
    if (!dInput) {
      free(saved.attentionNorm);
      return null;
    }
    const dNorm = rmsNormBackward(
      cast(dInput, 'float32'),
      saved.attentionNorm,
      weights,
      gradients,
      attentionNormName,
    );
    free(saved.attentionNorm);
    return add(dBetween, dNorm);
  });
}

/** The layer's tensors in a Hugging Face checkpoint. */
export function names(layer: number) {
  const layerName = `model.layers.${layer}`;
  return {
    attentionName: `${layerName}.self_attn`,
    attentionNormName: `${layerName}.input_layernorm.weight`,
    mlpName: `${layerName}.mlp`,
    mlpNormName: `${layerName}.post_attention_layernorm.weight`,
  };
}
