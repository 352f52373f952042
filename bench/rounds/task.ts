import type { NumberedExample } from '../../activities/model/example.ts';
import { PLAIN_LLAMA } from '../../activities/model/families/architecture.ts';
import type { LlamaConfig } from '../../activities/model/folder/config.ts';
import { PhiloxStream } from '../../activities/philox.ts';

/** Tokens of the language that is learnt. */
const VOCABULARY = 64;
const LENGTH = 32;
/** The first tokens of a row are its prompt: they have no label. */
const PROMPT = 4;
/** How often a token is not the one that its two predecessors call for. */
const NOISE = 0.2;

/** A model of some 60,000 parameters. */
export const CONFIG: LlamaConfig = {
  family: 'llama',
  vocabSize: VOCABULARY,
  hiddenSize: 48,
  intermediateSize: 128,
  layers: 2,
  heads: 4,
  keyValueHeads: 4,
  headSize: 12,
  maxPositions: 64,
  ropeTheta: 10_000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tieEmbeddings: false,
  ...PLAIN_LLAMA,
};

/** One of so many of the language's rules is another in the dialect. */
const OWN_TO_DIALECT = 8;

/**
 * Rows of a made-up language: what follows is a function of the two tokens before, but for noise. Every row is new, so
 * that whoever learns more learns better, and nobody by heart.
 *
 * @param seed of the rows; language and dialect are one for all
 */
export function makeRows(count: number, seed: number, speech: 'language' | 'dialect'): NumberedExample[] {
  const rules = new PhiloxStream(7, 'decode', 0);
  const follows = Array.from({ length: VOCABULARY * 8 }, () => {
    const [plain, other, which] = [VOCABULARY, VOCABULARY, OWN_TO_DIALECT].map((bound) =>
      rules.nextBelow(bound),
    );
    return speech === 'dialect' && which === 0 ? other : plain;
  });
  const stream = new PhiloxStream(seed, 'decode', 1);
  return Array.from({ length: count }, (_, row) => {
    const inputIds = new Int32Array(LENGTH);
    for (let at = 0; at < LENGTH; at += 1) {
      const isFree = at < 2 || stream.nextUniform() < NOISE;
      const [last = 0, before = 0] = [inputIds[at - 1], inputIds[at - 2]];
      inputIds[at] = isFree ? stream.nextBelow(VOCABULARY) : (follows[last * 8 + (before % 8)] ?? 0);
    }
    return { row, inputIds, labels: inputIds.map((id, at) => (at < PROMPT ? -100 : id)) };
  });
}
