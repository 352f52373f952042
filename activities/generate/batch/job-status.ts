/** How jobs end, in OpenAI's words; and `gone`, ours for one that the provider had and has no more. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  completed: ['completed', 'complete', 'success', 'succeeded', 'ended', 'done', 'finished'],
  failed: ['failed', 'failure', 'error', 'errored', 'invalid', 'rejected'],
  expired: ['expired', 'timeout', 'timeout_exceeded', 'timed_out'],
  cancelled: ['cancelled', 'canceled', 'stopped', 'aborted'],
};
export const GONE = 'gone';

/**
 * The state of a job by what its provider's word for it means, in capitals or not: OpenAI's (Groq, Together), Mistral's
 * (`SUCCESS`, `TIMEOUT_EXCEEDED`), Anthropic's (`ended`), Gemini's (`JOB_STATE_SUCCEEDED`). A word that is not of an end
 * stays as it is.
 */
export function statusOf(word: string): string {
  const bare = word.toLowerCase().replace(/^(?:job|batch)_(?:state|status)_/, '');
  const meant = bare.replace(/^partially_?/, '');
  return Object.entries(ENDS).find(([, words]) => words.includes(meant))?.[0] ?? word;
}

/** A state that a job stays in. */
export function hasEnded(status: string): boolean {
  return status === GONE || Object.hasOwn(ENDS, statusOf(status));
}
