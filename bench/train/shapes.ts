import { PLAIN_LLAMA } from '../../activities/model/families/architecture.ts';
import type { LlamaConfig } from '../../activities/model/folder/config.ts';

export interface Shape {
  config: LlamaConfig;
  /** tokens of a row that go in; each has one more, which is only predicted */
  length: number;
  /** rows of a micro-batch */
  rows: number;
}

/** The two shapes that training is measured at, of 4.2 and 27.8 million parameters. */
export const SHAPES = {
  small: {
    config: llama({ vocabSize: 2048, hiddenSize: 256, intermediateSize: 688, layers: 4, keyValueHeads: 8 }),
    length: 256,
    rows: 4,
  },
  large: {
    config: llama({ vocabSize: 4096, hiddenSize: 512, intermediateSize: 1408, layers: 8, keyValueHeads: 4 }),
    length: 512,
    rows: 4,
  },
} as const satisfies Record<string, Shape>;

function llama(
  sizes: Pick<LlamaConfig, 'vocabSize' | 'hiddenSize' | 'intermediateSize' | 'layers' | 'keyValueHeads'>,
): LlamaConfig {
  const heads = 8;
  return {
    ...sizes,
    family: 'llama',
    heads,
    headSize: sizes.hiddenSize / heads,
    maxPositions: 1024,
    ropeTheta: 10_000,
    ropeScaling: null,
    normEpsilon: 1e-5,
    tieEmbeddings: false,
    ...PLAIN_LLAMA,
  };
}
