import type { Attempt } from '../../attempt.ts';
import type { Candidate, Decoding } from './inference.ts';

/** Prompts decoded side by side in one call to the model. */
const BATCH = 16;

/**
 * A model's answers to prompts, in their order. A prompt is the whole text that the model continues; an
 * answer ends at end-of-text or after `maxNewTokens`, and surrounding white space is taken off. A prompt that
 * fills the model's context by itself is answered with nothing.
 */
export async function answerPrompts(
  { inference, tokenizer, maxPositions, stopIds }: Candidate,
  prompts: readonly string[],
  decoding: Omit<Decoding, 'stopIds'>,
  attempt: Attempt,
): Promise<string[]> {
  const answers = new Array<string>(prompts.length).fill('');
  for (let start = 0; start < prompts.length; start += BATCH) {
    attempt.signal.throwIfAborted();
    const batch = prompts
      .slice(start, start + BATCH)
      .map((prompt, index) => ({
        place: start + index,
        ids: tokenizer.encode(prompt, { addSpecialTokens: true }),
      }))
      .filter(({ ids }) => ids.length < maxPositions);
    const completions =
      batch.length === 0
        ? []
        : await inference.complete(
            batch.map(({ ids }) => ids),
            { ...decoding, seed: (decoding.seed + start) >>> 0, stopIds },
          );
    for (const [index, { place }] of batch.entries())
      answers[place] = tokenizer.decode(completions[index] ?? [], { skipSpecialTokens: true }).trim();
    attempt.report({
      done: Math.min(start + BATCH, prompts.length),
      total: prompts.length,
      unit: 'answers',
    });
  }
  return answers;
}
