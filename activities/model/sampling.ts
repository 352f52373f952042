import { PhiloxStream } from '../philox.ts';

export interface SamplingOptions {
  /** 0 is greedy: the likeliest token, the lowest id among equals */
  temperature: number;
  /** keep the likeliest tokens that together have at least this probability */
  topP: number;
  /** keep at most so many of the likeliest tokens; null keeps all */
  topK: number | null;
}

/** OpenAI's penalties: what is taken from the logits of tokens that an answer has already. */
export interface Penalties {
  /** once, from a token that occurs; absent: nothing */
  presencePenalty?: number;
  /** as often as it occurs; absent: nothing */
  frequencyPenalty?: number;
}

/**
 * Logits [vocabulary] under penalties, by OpenAI's definition: `logits[j] - presence * (count[j] > 0) - frequency *
 * count[j]`, where count[j] is how often the answer has the token so far. The prompt's tokens do not count. Where there
 * is nothing to take the logits themselves are returned.
 */
export function penalized(
  logits: Float32Array,
  counts: ReadonlyMap<number, number>,
  { presencePenalty = 0, frequencyPenalty = 0 }: Penalties,
): Float32Array {
  if (counts.size === 0 || (presencePenalty === 0 && frequencyPenalty === 0)) return logits;
  const lowered = logits.slice();
  for (const [id, count] of counts)
    lowered[id] = (logits[id] ?? 0) - presencePenalty - frequencyPenalty * count;
  return lowered;
}

/**
 * Draws a token from logits [vocabulary], in the order that Hugging Face's logits processors run:
 * temperature, top-k, top-p.
 *
 * @param uniform a draw from (0, 1); unused where greedy
 */
export function sampleToken(logits: Float32Array, options: SamplingOptions, uniform: number): number {
  if (options.temperature === 0) return likeliest(logits);
  const candidates = likeliestFirst(logits, options.topK);
  const top = logits[candidates[0] ?? 0] ?? 0;
  const weights = candidates.map((id) => Math.exp(((logits[id] ?? 0) - top) / options.temperature));
  const kept = nucleus(weights, options.topP);
  let remaining = uniform * total(weights.slice(0, kept));
  for (let rank = 0; rank < kept; rank += 1) {
    remaining -= weights[rank] ?? 0;
    if (remaining < 0) return candidates[rank] ?? 0;
  }
  return candidates[kept - 1] ?? 0;
}

/** The draw for a prompt's token: the same whatever else is in the batch. */
export function uniformFor(seed: number, prompt: number, token: number): number {
  // A stream per prompt; tokens are few, and a draw costs no state.
  const stream = new PhiloxStream(seed, 'decode', prompt);
  for (let skipped = 0; skipped < token; skipped += 1) stream.nextWord();
  return stream.nextUniform();
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id += 1) if ((logits[id] ?? 0) > (logits[best] ?? 0)) best = id;
  return best;
}

function likeliestFirst(logits: Float32Array, topK: number | null): number[] {
  const ids = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
  return topK === null ? ids : ids.slice(0, topK);
}

/** How many of the descending weights it takes to reach the share `topP`; at least one. */
function nucleus(weights: readonly number[], topP: number): number {
  const enough = topP * total(weights);
  let sum = 0;
  for (const [rank, weight] of weights.entries()) {
    sum += weight;
    if (sum >= enough) return rank + 1;
  }
  return weights.length;
}

function total(weights: readonly number[]): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}
