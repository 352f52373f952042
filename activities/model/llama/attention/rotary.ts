import type { LlamaConfig } from '../../folder/config.ts';

/**
 * Rotary position embeddings (Su et al., 2021) in the half-split layout of Hugging Face's Llama: at
 * position p the pair (x[i], x[i + headSize/2]) turns by the angle p * frequency[i].
 */

/**
 * The angle per position of each pair [headSize / 2], in radians, with the published scalings as
 * `transformers` computes them (modeling_rope_utils.py). Its `dynamic` scaling begins beyond the model's
 * positions, where no row of ours gets: within them it is the plain embedding.
 */
export function rotaryFrequencies({ headSize, ropeTheta, ropeScaling: scaling }: LlamaConfig): Float64Array {
  const plain = Float64Array.from({ length: headSize / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headSize));
  switch (scaling?.type) {
    case undefined:
    case 'dynamic':
      return plain;
    case 'linear':
      return plain.map((frequency) => frequency / scaling.factor);
    case 'llama3': {
      const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalMaxPositions } = scaling;
      return plain.map((frequency) => {
        const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
        // High frequencies stay, low ones are slowed down, those between are blended.
        const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
        return kept * frequency + ((1 - kept) * frequency) / factor;
      });
    }
  }
}

/** What queries and keys are each multiplied by, so that their product carries what attention multiplies it by. */
export function rootOfScale({ headSize, attentionMultiplier }: LlamaConfig): number {
  return attentionMultiplier === null ? headSize ** -0.25 : Math.sqrt(attentionMultiplier);
}

/**
 * One matrix R for each position [length, headSize, headSize], so that x R is x turned and multiplied by
 * `rootOfScale`. Rotations are orthogonal, so dx = dy R^T.
 */
export function rotationMatrices(config: LlamaConfig, length: number): Float32Array {
  const { headSize } = config;
  const half = headSize / 2;
  const frequencies = rotaryFrequencies(config);
  const scale = rootOfScale(config);
  const matrices = new Float32Array(length * headSize * headSize);
  for (let position = 0; position < length; position += 1) {
    const start = position * headSize * headSize;
    for (const [i, frequency] of frequencies.entries()) {
      const cosine = Math.cos(position * frequency) * scale;
      const sine = Math.sin(position * frequency) * scale;
      matrices[start + i * headSize + i] = cosine;
      matrices[start + (i + half) * headSize + i] = -sine;
      matrices[start + i * headSize + i + half] = sine;
      matrices[start + (i + half) * headSize + i + half] = cosine;
    }
  }
  return matrices;
}
