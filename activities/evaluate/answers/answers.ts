import type { Attempt } from '../../attempt.ts';
import type { Asked } from '../../tokenize/chat/asking.ts';
import type { Candidate, Decoding } from './inference.ts';

/** Prompts decoded side by side in one call to the model. */
const BATCH = 16;

/** Answers of a batch, kept under the place of its first prompt: an attempt that ends loses one batch at most. */
export interface AnsweredBatches {
  /** null where that batch is not answered yet */
  read(start: number): Promise<string[] | null>;
  keep(start: number, answers: readonly string[]): Promise<void>;
}

const KEPT_NOWHERE: AnsweredBatches = { read: async () => null, keep: async () => {} };

/**
 * A model's answers, in the order of what it is asked, each in the form that it was taught. An
 * answer ends at end-of-text or after `maxNewTokens`, and surrounding white space is taken off. A prompt that
 * fills the model's context by itself is answered with nothing.
 */
export async function answerPrompts(
  candidate: Candidate,
  asked: readonly Asked[],
  decoding: Omit<Decoding, 'stopIds'>,
  attempt: Attempt,
  batches: AnsweredBatches = KEPT_NOWHERE,
): Promise<string[]> {
  const answers: string[] = [];
  for (let start = 0; start < asked.length; start += BATCH) {
    attempt.signal.throwIfAborted();
    let answered = await batches.read(start);
    if (answered === null) {
      const seed = (decoding.seed + start) >>> 0;
      answered = await answerBatch(candidate, asked.slice(start, start + BATCH), { ...decoding, seed });
      await batches.keep(start, answered);
    }
    answers.push(...answered);
    attempt.report({ done: answers.length, total: asked.length, unit: 'answers' });
  }
  return answers;
}

async function answerBatch(
  { inference, tokenizer, maxPositions, stopIds }: Candidate,
  asked: readonly Asked[],
  decoding: Omit<Decoding, 'stopIds'>,
): Promise<string[]> {
  const answers = asked.map(() => '');
  const short = (await tokenizer.prompts(asked))
    .map((ids, place) => ({ place, ids }))
    .filter(({ ids }) => ids.length < maxPositions);
  if (short.length === 0) return answers;
  const completions = await inference.complete(
    short.map(({ ids }) => ids),
    { ...decoding, stopIds },
  );
  const texts = await tokenizer.decode(completions);
  for (const [index, { place }] of short.entries()) answers[place] = texts[index]?.trim() ?? '';
  return answers;
}
