import type { Attempt } from '../../attempt.ts';
import { mapAtOnce } from '../../process/at-once.ts';
import { isBrokenOff } from '../../teacher/answer/ends.ts';
import type { TeacherRequest } from '../../teacher/client.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { formatPrompt } from '../../tokenize/templates.ts';
import { type Account, askWithinBudget, questionsAtOnce, requireBudget } from './budgeted-asking.ts';
import type { DecodingSettings } from './candidate.ts';
import type { Question } from './instructions.ts';
import type { ModelOutput } from './model-outputs.ts';

/** A teacher profile that answers evaluation instructions as a model does. */
export interface TeacherCandidate {
  /** The answers in the questions' order; a refused question is answered with nothing. */
  answer(
    questions: readonly Question[],
    decoding: DecodingSettings,
    attempt: Attempt,
  ): Promise<ModelOutput[]>;
}

/**
 * A profile as a candidate. Its answers are kept in the response ledger: a second evaluation with the same
 * instructions and decoding finds them there, and pays nothing.
 */
export function createTeacherCandidate(account: Account): TeacherCandidate {
  requireBudget(account, 'candidate');
  return {
    async answer(questions, decoding, attempt) {
      const { signal } = attempt;
      const note = account.client.profile.name;
      let done = 0;
      return mapAtOnce(questions, { atOnce: questionsAtOnce(account), signal }, async (question) => {
        const output = await answerOne(account, question, decoding, signal);
        done += 1;
        attempt.report({ done, total: questions.length, unit: 'answers', note });
        return output;
      });
    },
  };
}

/** An answer that its server broke off is asked for again, so often in all. */
const ASKINGS = 3;

async function answerOne(
  account: Account,
  question: Question,
  decoding: DecodingSettings,
  signal: AbortSignal,
): Promise<ModelOutput> {
  const { profile } = account.client;
  const { dataset, instruction, input } = question;
  const request = requestFor(profile, question, decoding);
  let answer = await askWithinBudget(account, request, 0, signal);
  // Half an answer would be compared as a whole one.
  for (let asked = 1; isBrokenOff(answer.finishReason) && asked < ASKINGS; asked += 1)
    answer = await askWithinBudget(account, request, asked, signal);
  const { outcome, text } = answer;
  return {
    dataset,
    instruction,
    input,
    output: outcome === 'answered' ? text.trim() : '',
    generator: profile.name,
  };
}

/** A chat model is asked as a person would; one that completes texts gets the recipe's template. */
function requestFor(
  { model, style }: TeacherProfile,
  { instruction, input }: Question,
  { temperature, topP, maxNewTokens }: DecodingSettings,
): TeacherRequest {
  const sampling = { model, temperature, topP, maxTokens: maxNewTokens, stop: [] };
  if (style === 'completions') {
    return { style, ...sampling, prompt: formatPrompt({ instruction, input }), logitBias: {} };
  }
  const content = input === '' ? instruction : `${instruction}\n\n${input}`;
  return { style, ...sampling, messages: [{ role: 'user', content }] };
}
