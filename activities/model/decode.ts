import { IncrementalDecoder } from './llama/incremental.ts';
import type { Llama } from './llama/model.ts';
import { logprobsOf, type TokenLogprobs } from './logprobs.ts';
import { type Penalties, penalized, type SamplingOptions, sampleToken, uniformFor } from './sampling.ts';

export interface DecodeOptions extends SamplingOptions, Penalties {
  maxNewTokens: number;
  /** a row ends before the first of these */
  stopIds: readonly number[];
  seed: number;
  /** with each token its log-probability and those of so many of the likeliest; null or absent: without */
  topLogprobs?: number | null;
}

/** A prompt and its index in the whole request, which its draws depend on. */
export interface IndexedPrompt {
  index: number;
  /** token ids, at least one */
  ids: readonly number[];
}

/** A token as it is decoded: what a stream shows. */
export interface DecodedToken {
  id: number;
  /** null where they were not asked for */
  logprobs: TokenLogprobs | null;
}

/**
 * Continues prompts together, with a key-value cache, and yields tokens as they come: one for each
 * unfinished prompt a step. A prompt ends before a stop id, after `maxNewTokens`, or at the model's last
 * position, and then leaves the batch.
 *
 * Draws are a function of (seed, prompt index, token index): what else is in the batch changes nothing.
 */
export function* decode(
  model: Llama,
  prompts: readonly IndexedPrompt[],
  options: DecodeOptions,
): Generator<DecodedToken & { prompt: number }> {
  const { maxPositions } = model.config;
  const limit = ({ ids }: IndexedPrompt) => Math.min(options.maxNewTokens, maxPositions - ids.length);
  const { topLogprobs = null } = options;
  let active = prompts
    .filter((prompt) => limit(prompt) > 0)
    .map((prompt) => ({ ...prompt, counts: new Map<number, number>() }));
  if (active.length === 0) return;

  const longest = Math.max(...active.map((prompt) => prompt.ids.length + limit(prompt)));
  const weights = model.parameters.read(model.dtype);
  const decoder = new IncrementalDecoder(
    model,
    weights,
    active.map(({ ids }) => ids),
    longest,
  );
  try {
    for (let step = 0; ; step += 1) {
      const unfinished: { row: number; prompt: (typeof active)[number]; id: number }[] = [];
      for (const [row, prompt] of active.entries()) {
        const logits = decoder.logits[row] ?? new Float32Array();
        const uniform = options.temperature === 0 ? 0 : uniformFor(options.seed, prompt.index, step);
        const id = sampleToken(penalized(logits, prompt.counts, options), options, uniform);
        if (options.stopIds.includes(id)) continue;
        prompt.counts.set(id, (prompt.counts.get(id) ?? 0) + 1);
        const logprobs = topLogprobs === null ? null : logprobsOf(logits, id, topLogprobs);
        yield { prompt: prompt.index, id, logprobs };
        if (step + 1 < limit(prompt)) unfinished.push({ row, prompt, id });
      }
      if (unfinished.length === 0) return;
      if (unfinished.length < active.length) decoder.select(unfinished.map(({ row }) => row));
      active = unfinished.map(({ prompt }) => prompt);
      decoder.append(unfinished.map(({ id }) => id));
    }
  } finally {
    decoder.free();
    weights.free();
  }
}
