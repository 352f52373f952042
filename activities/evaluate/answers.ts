import type { Attempt } from '../attempt.ts';
import type { Candidate, Decoding } from './inference.ts';

/** Prompts decoded side by side in one call to the model. */
const BATCH = 16;

/**
 * A model's answers to prompts, in their order. A prompt is the whole text that the model continues; an
 * answer ends at end-of-text or after `maxNewTokens`, and surrounding white space is taken off.
 */
export async function answerPrompts(
  { inference, tokenizer }: Candidate,
  prompts: readonly string[],
  decoding: Omit<Decoding, 'stopIds'>,
  attempt: Attempt,
): Promise<string[]> {
  const answers: string[] = [];
  for (let start = 0; start < prompts.length; start += BATCH) {
    attempt.signal.throwIfAborted();
    const batch = prompts
      .slice(start, start + BATCH)
      .map((prompt) => tokenizer.encode(prompt, { addSpecialTokens: true }));
    const completions = await inference.complete(batch, {
      ...decoding,
      seed: (decoding.seed + start) >>> 0,
      stopIds: [tokenizer.endOfTextId],
    });
    answers.push(...completions.map((ids) => tokenizer.decode(ids, { skipSpecialTokens: true }).trim()));
    attempt.report({ done: answers.length, total: prompts.length, unit: 'answers' });
  }
  return answers;
}
