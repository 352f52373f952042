/** How likely the model found a token, and the tokens that it found likeliest in its place. */
export interface TokenLogprobs {
  /** natural logarithm of the token's probability */
  logprob: number;
  /** the likeliest tokens, likeliest first, the lowest id among equals */
  top: { id: number; logprob: number }[];
}

/**
 * The log-softmax of logits [vocabulary] at a token and at the likeliest ones. It is of the model's own logits: neither
 * temperature nor penalties, top-p and top-k are in it.
 *
 * @param count how many of the likeliest
 */
export function logprobsOf(logits: Float32Array, id: number, count: number): TokenLogprobs {
  const normalizer = logSumExp(logits);
  const logprobAt = (at: number) => (logits[at] ?? Number.NEGATIVE_INFINITY) - normalizer;
  return {
    logprob: logprobAt(id),
    top: likeliest(logits, count).map((at) => ({ id: at, logprob: logprobAt(at) })),
  };
}

/** In 64 bits: a sum over a vocabulary in 32 loses the last digits. */
function logSumExp(logits: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  return top + Math.log(sum);
}

/** The ids of the largest logits, in one pass: `count` is small against the vocabulary. */
function likeliest(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  const logitOf = (id: number | undefined) =>
    id === undefined ? Number.NEGATIVE_INFINITY : (logits[id] ?? 0);
  for (let id = 0; id < logits.length && count > 0; id += 1) {
    if (best.length === count && logitOf(id) <= logitOf(best.at(-1))) continue;
    const place = best.findIndex((other) => logitOf(other) < logitOf(id));
    best.splice(place === -1 ? best.length : place, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}
