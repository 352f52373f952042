import type { TokenUsage } from '../profile/prices.ts';
import type { TeacherProfile } from '../profile/profiles.ts';
import { profilePlace } from '../profile/where-set.ts';
import { isForLackOfTokens, isWholeEnd } from './ends.ts';
import { TeacherFailure } from './failures.ts';
import { withoutThinking } from './thinking.ts';

/**
 * Answers without a text are paid for, and one like the other says that something is set wrong: no further asking
 * helps before that is changed.
 */
export type Emptiness =
  | 'limit'
  | 'context'
  | 'stopped in thinking'
  | 'thinking alone'
  | 'other end'
  | 'nothing';

/** So many in a row, alike, are no chance. */
export const A_HANDFUL = 5;

export interface EmptyAnswer {
  text: string;
  thinking?: string | undefined;
  finishReason: string;
  usage: TokenUsage | null;
  maxTokens: number;
}

/** Below this share of the token limit something else ended an answer. */
const NEAR_LIMIT = 0.9;

/** In which way an answer has no text; null where it has one. */
export function emptinessOf(
  { text, thinking, finishReason, usage, maxTokens }: EmptyAnswer,
  { thinkingMarks }: Pick<TeacherProfile, 'thinkingMarks'>,
): Emptiness | null {
  if (withoutThinking(text, thinkingMarks).trim() !== '') return null;
  if (isWholeEnd(finishReason)) {
    if (text.trim() !== '') return 'stopped in thinking';
    return thinking ? 'thinking alone' : 'nothing';
  }
  if (!isForLackOfTokens(finishReason)) return 'other end';
  return usage !== null && usage.completionTokens < NEAR_LIMIT * maxTokens ? 'context' : 'limit';
}

/**
 * The same of answers that came and cannot be read: they are as likely paid for.
 *
 * @param last why the last of them cannot, with the beginning of what came
 */
export function unreadableAnswers(
  which: string,
  last: TeacherFailure,
  profile: TeacherProfile,
  retryAfterMs: number,
): TeacherFailure {
  const said = last.message.replace(` ${last.remedy}`, '').replace(/^.*? answered, but /s, '');
  return new TeacherFailure(
    'EmptyAnswers',
    `The teacher "${profile.name}" gave ${which} without a text that can be read; of the last: ${said}`,
    {
      remedy: `Check that ${profile.baseUrl} is an OpenAI-compatible endpoint that gives each answer as a whole, in one JSON object and no stream, and "style" and "model" in ${profilePlace(profile)}.`,
      cause: last,
      mayBePaid: true,
      retryAfterMs,
    },
  );
}

/** That answers have no text, and in which way the last of them. */
export class TextlessAnswers extends TeacherFailure {
  readonly kind: Emptiness;

  constructor(kind: Emptiness, message: string, remedy: string, retryAfterMs: number) {
    super('EmptyAnswers', message, { remedy, mayBePaid: false, retryAfterMs });
    this.kind = kind;
  }
}

/**
 * Says what the answers are, and what to set.
 *
 * @param which in words, of how many `answer` is one
 * @param retryAfterMs before which no more is to be asked
 */
export function emptyAnswers(
  kind: Emptiness,
  which: string,
  { finishReason, usage, maxTokens }: EmptyAnswer,
  profile: TeacherProfile,
  retryAfterMs: number,
): TeacherFailure {
  const { name, model } = profile;
  const tokens = usage?.completionTokens ?? 0;
  const words: Record<Emptiness, [what: string, remedy: string]> = {
    limit: [
      `all ${maxTokens} tokens of each were spent before its first word, as on thinking`,
      'Allow more tokens (maxTokens; maxNewTokens of what is compared), or have the model think less, or not at all, where it is served.',
    ],
    context: [
      `each was cut after ${tokens} of ${maxTokens} tokens: the prompt fills the context of ${model}`,
      'Serve the model with a longer context (num_ctx of Ollama, -c of llama.cpp, --max-model-len of vLLM), or show fewer seed tasks (seedTasksPerPrompt).',
    ],
    'stopped in thinking': [
      'each ended within its thinking',
      `If it thinks between other marks, name them (thinkingMarks), and if a stop sequence ends it there, set supportsStop to false: in ${profilePlace(profile)}.`,
    ],
    'thinking alone': [
      'its server took the whole of each for thinking',
      'Correct the reasoning parser of its server, or have the model not think.',
    ],
    'other end': [`each ended by "${finishReason}"`, 'Look up what that end means at its provider.'],
    nothing: [
      'each ended before its first word',
      `Look at the chat template and the stop sequences of its server, and at "style" in ${profilePlace(profile)}.`,
    ],
  };
  const [what, remedy] = words[kind];
  const message = `The teacher "${name}" gave ${which} without a text: ${what}.`;
  return new TextlessAnswers(kind, message, remedy, retryAfterMs);
}
